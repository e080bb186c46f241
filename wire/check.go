package wire

import (
	"strings"
	"unicode/utf8"

	"github.com/handoff-go/handoff/registry"
	"google.golang.org/protobuf/encoding/protowire"
)

// check keeps the first error found in a message.
type check struct {
	message string
	err     error
}

func (c *check) fail(num protowire.Number, err error) {
	if c.err == nil {
		c.err = &FieldError{Message: c.message, Field: int32(num), Err: err}
	}
}

func (c *check) require(num protowire.Number, ok bool) {
	if !ok {
		c.fail(num, ErrValue)
	}
}

func (c *check) size(num protowire.Number, size, limit int) {
	if size > limit {
		c.fail(num, ErrTooLong)
	}
}

func (c *check) text(num protowire.Number, s string, limit int) {
	c.size(num, len(s), limit)
	if !utf8.ValidString(s) {
		c.fail(num, ErrUTF8)
	}
}

func (c *check) service(num protowire.Number, name string) {
	if err := CheckService(name); err != nil {
		c.fail(num, err)
	}
}

// token refuses the zero Token: no registry issues it.
func (c *check) token(num protowire.Number, t registry.Token) {
	if t.IsZero() {
		c.fail(num, registry.ErrTokenMissing)
	}
}

// CheckService returns nil for a valid service name, and else [ErrService].
func CheckService(name string) error {
	if name == "" || len(name) > MaxService {
		return ErrService
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-':
		default:
			return ErrService
		}
	}
	return nil
}

// ClipDetail returns s as a Detail field can carry it: valid UTF-8, cut to at most MaxDetail
// bytes between two characters.
func ClipDetail(s string) string {
	if len(s) > MaxDetail {
		end := MaxDetail
		for end > MaxDetail-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	// The replacement is one byte, so s does not get longer.
	return strings.ToValidUTF8(s, "?")
}
