// Package wire has the frames and messages that broker, backend and client exchange. It does
// no I/O except in [ReadFrame], starts no goroutine and reads no clock.
//
// A frame is a version byte, the length of a body, and the body: a protobuf message, [Frame],
// whose payload is another protobuf message. The format extends that of running-process 4.5.5:
// a message that exists there has the same bytes here. Our extensions use field numbers that
// running-process does not reserve, and payload protocols of the range that it leaves for
// private use, so that either side skips or refuses what it does not know. handoff.proto has
// the messages for other languages, README.md has the tables, and testdata/vectors.json has
// examples in bytes.
//
// # Sending
//
// Each message has two methods: Append adds a whole frame to a slice, and Check says why a peer
// would refuse the message. Append does not call Check: a sender checks the values that its
// own caller gives when it can still refuse them, before it promises anything to a peer.
//
// # Receiving
//
// [ReadFrame] reads a single frame, and no byte behind it. [Decoder] is for the reader of a
// link, which receives bytes in pieces of any size; it says at which offset of the stream each
// frame began, so that descriptors can be matched to offers. Both compare the length with a
// limit before they read the body, and allocate in proportion to the bytes that arrived.
// [Frame.Expect] and [Parser] then check the envelope, in this order: version, kind, protocol,
// encoding.
//
// Unknown fields are skipped. A known field with the wrong wire type, a malformed varint, a
// string that is not UTF-8 or a token that is not 16 bytes long is a [*FieldError], wherever it
// stands. If a field occurs twice, the last value counts. Groups occur in unknown fields only; as in
// prost, the protobuf library of running-process, groups and messages may be nested 100 deep.
//
// The zero token, 16 bytes of zero, means that there is no token: a required token that is zero is
// refused with [registry.ErrTokenMissing], as is an empty one, and an optional one counts as not
// set. No registry of this module issues it. Running-process takes it for a token like any other,
// and draws it once in 2^128 times; such a handoff is refused here, and its client reconnects.
//
// # Secrets
//
// Tokens have the type [registry.Token], which prints as a placeholder; so do [Secret] and
// [Frame]. The bytes of a frame contain the token itself: do not print them.
package wire
