package broker

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
)

// dialProxy connects to the proxy target of a client's request. It returns nil if that cannot be done,
// and then the client's connection is untouched. Spec: Proxy.
func (b *Broker) dialProxy(r Request, client *clientConn) net.Conn {
	network := "tcp"
	if strings.HasPrefix(r.Proxy, "/") || strings.HasPrefix(r.Proxy, "@") {
		network = "unix"
	}
	ctx, cancel := context.WithTimeout(b.forceCtx, b.o.Handshake)
	defer cancel()
	var d net.Dialer
	target, err := d.DialContext(ctx, network, r.Proxy)
	if err == nil {
		if err = client.wrap(); err != nil {
			target.Close()
		}
	}
	b.trace(Event{Op: OpProxy, Err: err, Note: r.Proxy})
	if err != nil {
		b.log.Warn("proxy target not reached", "service", r.Service, "target", r.Proxy, "error", err)
		return nil
	}
	return target
}

// startProxy copies between a client and its proxy target, in goroutines of its own, until both have
// ended or Shutdown waits no longer.
func (b *Broker) startProxy(client *clientConn, preface []byte, target net.Conn) {
	b.running.Add(1) // Shutdown waits for the client's transfer, so it is not past Wait
	go func() {
		defer b.running.Done()
		b.copyBoth(client, preface, target)
	}()
}

func (b *Broker) copyBoth(client *clientConn, preface []byte, target net.Conn) {
	stop := context.AfterFunc(b.forceCtx, func() {
		_ = client.fence()
		target.Close()
	})
	defer stop()
	var both sync.WaitGroup
	both.Go(func() {
		if _, err := target.Write(preface); err == nil {
			_, _ = io.Copy(target, client.conn)
		}
		closeWrite(target)
	})
	both.Go(func() {
		_, _ = io.Copy(client.conn, target)
		closeWrite(client.conn)
	})
	both.Wait()
	target.Close()
	client.end("proxied")
}

// closeWrite passes on the end of one direction; the other goes on.
func closeWrite(c net.Conn) {
	if c, ok := c.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}
