package wire_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/handoff-go/handoff/registry"
	"github.com/handoff-go/handoff/wire"
)

// A broker offers a connection, and a backend accepts it.
func Example() {
	broker, backend := net.Pipe()
	go func() {
		defer backend.Close()
		f, err := wire.ReadFrame(backend, wire.MaxOffer)
		if err != nil {
			log.Fatal(err)
		}
		m, err := wire.Parse(f)
		if err != nil {
			log.Fatal(err)
		}
		offer, ok := m.(*wire.Offer)
		if !ok {
			log.Fatalf("not an offer: %T", m)
		}
		ack := wire.Ack{Token: offer.Token, Accepted: true, CorrelationID: offer.CorrelationID}
		backend.Write(ack.Append(nil))
	}()

	r, err := registry.New(registry.Options{})
	if err != nil {
		log.Fatal(err)
	}
	token, err := r.Begin(registry.Backend{Service: "zccache"}, time.Now())
	if err != nil {
		log.Fatal(err)
	}
	offer := wire.Offer{Token: token, Service: "zccache", CorrelationID: 1}
	if err := offer.Check(); err != nil {
		log.Fatal(err)
	}
	broker.Write(offer.Append(nil))

	f, err := wire.ReadFrame(broker, wire.MaxControl)
	if err != nil {
		log.Fatal(err)
	}
	if err := f.Expect(wire.KindResponse, wire.ProtocolHandoff); err != nil {
		log.Fatal(err)
	}
	m, err := wire.Parse(f)
	if err != nil {
		log.Fatal(err)
	}
	_, err = r.Acknowledge(m.(*wire.Ack).Token, time.Now())
	fmt.Println(f, err)
	// Output: Frame(response handoff, request 1, 22 bytes) <nil>
}

// The reader of a link receives bytes in pieces that do not match the frames.
func ExampleDecoder() {
	stream := (&wire.Ping{Nonce: 1}).Append(nil)
	stream = (&wire.Draining{}).Append(stream)

	d := wire.NewDecoder(wire.MaxControl)
	var p wire.Parser
	for len(stream) > 0 {
		n := copy(d.Free(), stream[:min(9, len(stream))]) // a read
		d.Advance(n)
		stream = stream[n:]
		for {
			f, at, err := d.Next()
			if errors.Is(err, wire.ErrIncomplete) {
				break // read more
			}
			if err != nil {
				log.Fatal(err)
			}
			m, err := p.Parse(f)
			if err != nil {
				log.Fatal(err)
			}
			switch m := m.(type) {
			case *wire.Ping:
				fmt.Println("at", at, "ping", m.Nonce)
			case *wire.Draining:
				fmt.Println("at", at, "draining")
			}
		}
	}
	// Output:
	// at 0 ping 1
	// at 19 draining
}

// A frame larger than the reader's limit is refused before its body is read.
func ExampleReadFrame() {
	_, err := wire.ReadFrame(bytes.NewReader([]byte("\x01\x00\x00\x00\x40")), wire.MaxControl)
	fmt.Println(err)
	_, err = wire.ReadFrame(bytes.NewReader([]byte("GET / HTTP/1.1\r\n\r\n")), wire.MaxControl)
	fmt.Println(err)
	// Output:
	// wire: frame body of 1073741824 bytes exceeds the limit of 4096
	// wire: not a frame of version 1
}

// An error names the message, the field and what is wrong with it.
func ExampleFieldError() {
	offer := wire.Offer{Service: "Cache"}
	err := offer.Check()
	var field *wire.FieldError
	if errors.As(err, &field) {
		fmt.Println(field.Message, field.Field, errors.Is(err, registry.ErrTokenMissing))
	}
	// Output: HandoffOffer 2 true
}

// A message in a changed envelope, here with a trace context.
func ExampleFrame_Append() {
	f, err := wire.ParseFrame((&wire.Hello{Service: "zccache"}).Append(nil)[wire.HeaderSize:])
	if err != nil {
		log.Fatal(err)
	}
	f.TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	again, err := wire.ReadFrame(bytes.NewReader(f.Append(nil)), wire.MaxHello)
	fmt.Println(again, again.TraceParent[3:11], err)
	// Output: Frame(request hello, request 0, 9 bytes) 4bf92f35 <nil>
}
