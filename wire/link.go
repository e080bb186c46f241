package wire

import "google.golang.org/protobuf/encoding/protowire"

// LinkVersion is the version of the protocol on a link between broker and backend.
const LinkVersion = 1

// The payload of a link's frame is a oneof with these field numbers.
const (
	linkHello    protowire.Number = 1
	linkPing     protowire.Number = 2
	linkPong     protowire.Number = 3
	linkWelcome  protowire.Number = 4
	linkCommit   protowire.Number = 5
	linkRevoke   protowire.Number = 6
	linkReleased protowire.Number = 7
	linkDraining protowire.Number = 8
	linkBye      protowire.Number = 9
)

func beginLink(b []byte, num protowire.Number) ([]byte, offsets) {
	b, at := beginMessage(b, KindEvent, ProtocolLink)
	b, at.member = beginField(b, num)
	return b, at
}

func endLink(b []byte, at offsets) []byte {
	return endMessage(endField(b, at.member), at, 0)
}

// link parses the payload of a link's frame. As protobuf specifies for a oneof, the last of
// several messages counts, and if one message occurs twice in a row its parts are merged.
func (p *Parser) link() Message {
	var m Message
	var latest protowire.Number
	f := &p.fields
	f.message = "Link"
	for f.next() {
		if f.num < linkHello || f.num > linkBye {
			continue
		}
		p.inner = fields{rest: f.bytes(), depth: f.depth + 1}
		if f.err != nil {
			break
		}
		if f.num != latest {
			m, latest = p.member(f.num), f.num
		}
		m.merge(&p.inner)
		f.propagate(p.inner.err)
	}
	if m == nil {
		f.fail(ErrNoMessage)
	}
	return m
}

// member returns the Parser's message for a field number of a link's payload, emptied.
func (p *Parser) member(num protowire.Number) Message {
	switch num {
	case linkHello:
		return reset(&p.linkHello)
	case linkPing:
		return reset(&p.ping)
	case linkPong:
		return reset(&p.pong)
	case linkWelcome:
		return reset(&p.welcome)
	case linkCommit:
		return reset(&p.commit)
	case linkRevoke:
		return reset(&p.revoke)
	case linkReleased:
		return reset(&p.released)
	case linkDraining:
		return reset(&p.draining)
	}
	return reset(&p.bye)
}
