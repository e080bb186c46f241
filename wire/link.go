package wire

import "google.golang.org/protobuf/encoding/protowire"

// LinkVersion is the version of what is said on a link between broker and backend.
const LinkVersion = 1

// The payload of a link's frame holds one of these, under its number.
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

func openLink(b []byte, num protowire.Number) ([]byte, marks) {
	b, at := openMessage(b, KindEvent, ProtocolLink)
	b, at.member = open(b, num)
	return b, at
}

func closeLink(b []byte, at marks) []byte {
	return closeMessage(shut(b, at.member), at, 0)
}

// link parses the payload of a link's frame. Of several messages in one payload the
// last one counts; the same one twice is one message in two parts. Both is what
// protobuf says.
func (p *Parser) link() Message {
	var m Message
	var latest protowire.Number
	f := &p.fields
	f.message = "Link"
	for f.next() {
		if f.num < linkHello || f.num > linkBye {
			continue
		}
		p.inner = fields{rest: f.bytes()}
		if f.err != nil {
			break
		}
		if f.num != latest {
			m, latest = p.member(f.num), f.num
		}
		m.merge(&p.inner)
		f.adopt(p.inner.err)
	}
	if m == nil {
		f.fail(ErrNoMessage)
	}
	return m
}

// member returns the fresh message of a number in a link's payload.
func (p *Parser) member(num protowire.Number) Message {
	switch num {
	case linkHello:
		return renew(&p.linkHello)
	case linkPing:
		return renew(&p.ping)
	case linkPong:
		return renew(&p.pong)
	case linkWelcome:
		return renew(&p.welcome)
	case linkCommit:
		return renew(&p.commit)
	case linkRevoke:
		return renew(&p.revoke)
	case linkReleased:
		return renew(&p.released)
	case linkDraining:
		return renew(&p.draining)
	}
	return renew(&p.bye)
}
