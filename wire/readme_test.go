package wire_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The tables of the README list every field of handoff.proto.
func TestReadmeTablesMatchTheSchema(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var written []string
	message := ""
	heading := regexp.MustCompile(`^### (\w+)$`)
	row := regexp.MustCompile(`^\| (\w+) \| (\d+) \| ([^|]+) \| [^|]+ \|$`)
	for _, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if m := heading.FindStringSubmatch(line); m != nil {
			message = m[1]
			written = append(written, message)
		} else if m := row.FindStringSubmatch(line); m != nil && message != "" {
			written = append(written, fmt.Sprintf("%s.%s = %s %s", message, m[1], m[2], m[3]))
		}
	}
	var want []string
	messages := schema(t).Messages()
	for i := range messages.Len() {
		m := messages.Get(i)
		want = append(want, string(m.Name()))
		for j := range m.Fields().Len() {
			f := m.Fields().Get(j)
			want = append(want, fmt.Sprintf("%s.%s = %d %s", m.Name(), f.Name(), f.Number(), typeOf(f)))
		}
	}
	require.ElementsMatch(t, want, written)
}

func typeOf(f protoreflect.FieldDescriptor) string {
	name := f.Kind().String()
	switch {
	case f.IsMap():
		return "map<string, string>"
	case f.Kind() == protoreflect.MessageKind:
		name = string(f.Message().Name())
	case f.Kind() == protoreflect.EnumKind:
		name = string(f.Enum().Name())
	}
	if f.IsList() {
		return "repeated " + name
	}
	return name
}
