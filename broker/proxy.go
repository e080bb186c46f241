package broker

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
)

// proxy connects the client to the request's proxy target and copies between them, in
// goroutines of its own, until both have ended or Shutdown waits no longer. The broker
// owns the connection. With an error nothing was done to it. Spec: Proxy.
func (p *transfer) proxy() error {
	network := "tcp"
	if strings.HasPrefix(p.request.Proxy, "/") || strings.HasPrefix(p.request.Proxy, "@") {
		network = "unix"
	}
	ctx, cancel := context.WithTimeout(p.b.forceCtx, p.b.o.Handshake)
	defer cancel()
	var d net.Dialer
	target, err := d.DialContext(ctx, network, p.request.Proxy)
	if err == nil {
		if err = p.conn.wrap(); err != nil {
			target.Close()
		}
	}
	p.b.trace(Event{Op: OpProxy, Err: err, Note: p.request.Proxy})
	if err != nil {
		p.b.log.Warn("proxy target not reached", "service", p.request.Service, "target", p.request.Proxy, "error", err)
		return err
	}
	p.b.running.Add(1) // this transfer is counted, so Shutdown still waits
	go func() {
		defer p.b.running.Done()
		p.copyBoth(target)
	}()
	return nil
}

func (p *transfer) copyBoth(target net.Conn) {
	stop := context.AfterFunc(p.b.forceCtx, func() {
		_ = p.conn.fence()
		target.Close()
	})
	defer stop()
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := target.Write(p.request.Preface); err == nil {
			_, _ = io.Copy(target, p.conn.conn)
		}
		closeWrite(target)
	})
	both.Go(func() {
		_, _ = io.Copy(p.conn.conn, target)
		closeWrite(p.conn.conn)
	})
	both.Wait()
	target.Close()
	p.conn.end("proxied")
}

// closeWrite passes on that one direction has ended; the other goes on.
func closeWrite(c net.Conn) {
	if c, ok := c.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}
