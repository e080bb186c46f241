package broker

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
)

// proxy connects the client to the request's proxy target and copies between them, in goroutines of
// its own, until both have ended or Shutdown waits no longer. With an error the connection is
// untouched. Spec: Proxy.
func (t *transfer) proxy() error {
	network := "tcp"
	if strings.HasPrefix(t.request.Proxy, "/") || strings.HasPrefix(t.request.Proxy, "@") {
		network = "unix"
	}
	ctx, cancel := context.WithTimeout(t.b.forceCtx, t.b.o.Handshake)
	defer cancel()
	var d net.Dialer
	target, err := d.DialContext(ctx, network, t.request.Proxy)
	if err == nil {
		if err = t.conn.wrap(); err != nil {
			target.Close()
		}
	}
	t.b.trace(Event{Op: OpProxy, Err: err, Note: t.request.Proxy})
	if err != nil {
		t.b.log.Warn("proxy target not reached", "service", t.request.Service, "target", t.request.Proxy, "error", err)
		return err
	}
	t.b.running.Add(1) // Shutdown waits for this transfer, so it is not past Wait
	go func() {
		defer t.b.running.Done()
		t.copyBoth(target)
	}()
	return nil
}

func (t *transfer) copyBoth(target net.Conn) {
	stop := context.AfterFunc(t.b.forceCtx, func() {
		_ = t.conn.fence()
		target.Close()
	})
	defer stop()
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := target.Write(t.request.Preface); err == nil {
			_, _ = io.Copy(target, t.conn.conn)
		}
		closeWrite(target)
	})
	both.Go(func() {
		_, _ = io.Copy(t.conn.conn, target)
		closeWrite(t.conn.conn)
	})
	both.Wait()
	target.Close()
	t.conn.end("proxied")
}

// closeWrite passes on the end of one direction; the other goes on.
func closeWrite(c net.Conn) {
	if c, ok := c.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}
