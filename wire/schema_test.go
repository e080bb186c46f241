package wire_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// tester is a *testing.T, *testing.F, *testing.B or *rapid.T.
type tester interface {
	require.TestingT
	Helper()
}

// schema returns handoff.proto as a descriptor of the official implementation of protobuf.
func schema(t tester) protoreflect.FileDescriptor {
	t.Helper()
	file, err := readSchema()
	require.NoError(t, err)
	return file
}

var readSchema = sync.OnceValues(func() (protoreflect.FileDescriptor, error) {
	text, err := os.ReadFile("handoff.proto")
	if err != nil {
		return nil, err
	}
	return protodesc.NewFile(parseProto(string(text)), nil)
})

var (
	protoBlock    = regexp.MustCompile(`^(message|enum|oneof) (\w+) \{$`)
	protoField    = regexp.MustCompile(`^(repeated )?(\w+|map<string, string>) (\w+) = (\d+);$`)
	protoValue    = regexp.MustCompile(`^(\w+) = (\d+);$`)
	protoReserved = regexp.MustCompile(`^reserved (\d+) to (\d+);$`)
)

// parseProto parses the part of the language that handoff.proto uses. It turns an unknown line into
// a field for which no descriptor can be built.
func parseProto(text string) *descriptorpb.FileDescriptorProto {
	file := &descriptorpb.FileDescriptorProto{
		Name: proto.String("handoff.proto"), Syntax: proto.String("proto3"), Package: proto.String("handoff.v1"),
	}
	enums := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^enum (\w+)`).FindAllStringSubmatch(text, -1) {
		enums[m[1]] = true
	}
	var message *descriptorpb.DescriptorProto
	var enum *descriptorpb.EnumDescriptorProto
	var inOneof bool
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "//")
		line = strings.TrimSpace(line)
		if line == "" || line == `syntax = "proto3";` || line == "package handoff.v1;" {
			continue
		}
		if m := protoBlock.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "message":
				message = &descriptorpb.DescriptorProto{Name: &m[2]}
				file.MessageType = append(file.MessageType, message)
			case "enum":
				enum = &descriptorpb.EnumDescriptorProto{Name: &m[2]}
				file.EnumType = append(file.EnumType, enum)
			case "oneof":
				inOneof = true
				message.OneofDecl = append(message.OneofDecl, &descriptorpb.OneofDescriptorProto{Name: &m[2]})
			}
		} else if m := protoField.FindStringSubmatch(line); m != nil && message != nil {
			message.Field = append(message.Field, protoFieldOf(message, m, enums, inOneof))
		} else if m := protoValue.FindStringSubmatch(line); m != nil && enum != nil {
			enum.Value = append(enum.Value, &descriptorpb.EnumValueDescriptorProto{Name: &m[1], Number: number(m[2])})
		} else if m := protoReserved.FindStringSubmatch(line); m != nil {
			message.ReservedRange = append(message.ReservedRange, &descriptorpb.DescriptorProto_ReservedRange{
				Start: number(m[1]), End: proto.Int32(*number(m[2]) + 1), // the end is not in the range
			})
		} else if line == "}" && inOneof {
			inOneof = false
		} else if line == "}" {
			message, enum = nil, nil
		} else {
			file.MessageType = append(file.MessageType, &descriptorpb.DescriptorProto{Name: proto.String("cannot read: " + line)})
		}
	}
	return file
}

func protoFieldOf(message *descriptorpb.DescriptorProto, m []string, enums map[string]bool, inOneof bool) *descriptorpb.FieldDescriptorProto {
	scalars := map[string]descriptorpb.FieldDescriptorProto_Type{
		"uint32": descriptorpb.FieldDescriptorProto_TYPE_UINT32,
		"uint64": descriptorpb.FieldDescriptorProto_TYPE_UINT64,
		"bool":   descriptorpb.FieldDescriptorProto_TYPE_BOOL,
		"string": descriptorpb.FieldDescriptorProto_TYPE_STRING,
		"bytes":  descriptorpb.FieldDescriptorProto_TYPE_BYTES,
	}
	repeated, typ, name := m[1] != "", m[2], m[3]
	f := &descriptorpb.FieldDescriptorProto{
		Name: &name, Number: number(m[4]), Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
	if repeated || strings.HasPrefix(typ, "map") {
		f.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	}
	if inOneof {
		f.OneofIndex = proto.Int32(int32(len(message.OneofDecl) - 1))
	}
	if scalar, ok := scalars[typ]; ok {
		f.Type = scalar.Enum()
		return f
	}
	f.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	switch {
	case strings.HasPrefix(typ, "map"):
		// A map is short for repeated entries, whose type has this name.
		entry := strings.ToUpper(name[:1]) + name[1:] + "Entry"
		message.NestedType = append(message.NestedType, &descriptorpb.DescriptorProto{
			Name:    &entry,
			Field:   []*descriptorpb.FieldDescriptorProto{textField("key", 1), textField("value", 2)},
			Options: &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)},
		})
		f.TypeName = proto.String(".handoff.v1." + message.GetName() + "." + entry)
		return f
	case enums[typ]:
		f.Type = descriptorpb.FieldDescriptorProto_TYPE_ENUM.Enum()
	}
	f.TypeName = proto.String(".handoff.v1." + typ)
	return f
}

func textField(name string, num int32) *descriptorpb.FieldDescriptorProto {
	return &descriptorpb.FieldDescriptorProto{
		Name: &name, Number: &num, Type: descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
}

func number(digits string) *int32 {
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		n = -1 // no descriptor can be built from it
	}
	return proto.Int32(int32(n))
}

func TestSchemaParserRefusesUnknownLines(t *testing.T) {
	for _, text := range []string{
		"message A {\n  int32 x = 1;\n}",
		"message A {\n  optional uint32 x = 1;\n}",
		"message A {\n  uint32 x = 99999999999;\n}",
		"service A {\n}",
	} {
		_, err := protodesc.NewFile(parseProto(text), nil)
		require.Error(t, err, text)
	}
}

// Extensions use the numbers from 100 on, and no field has a reserved number: otherwise the
// descriptor could not be built.
func TestExtensionsUseNoReservedNumbers(t *testing.T) {
	last := map[string]protoreflect.FieldNumber{
		"Frame": 9, "Hello": 15, "HelloReply": 2, "Negotiated": 8, "Refused": 6, "HandoffOffer": 4, "HandoffAck": 4,
	}
	messages := schema(t).Messages()
	for name, last := range last {
		fields := messages.ByName(protoreflect.Name(name)).Fields()
		require.NotZero(t, fields.Len(), name)
		for i := range fields.Len() {
			n := fields.Get(i).Number()
			require.True(t, n <= last || n >= 100, "%s.%s = %d", name, fields.Get(i).Name(), n)
		}
	}
}
