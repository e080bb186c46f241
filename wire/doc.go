// Package wire is what the three roles say to each other: frames on a stream, and
// the messages that they carry. It does no I/O of its own except [ReadFrame], starts
// no goroutine and reads no clock.
//
// A frame is a version byte, the length of a body, and the body: a protobuf message,
// [Frame], whose payload is one more. The messages that running-process 4.5.5 has are the
// same here, byte for byte: docs/reference.md says what that fixes. Extensions lie beyond
// the field numbers that it reserves, or in payload protocols of the range that it leaves
// for private use, so that either side skips or refuses what it does not know. The file
// handoff.proto has every message for other languages, README.md the table, and
// testdata/vectors.json the bytes.
//
// # Sending
//
// Each message has Append, which adds a whole frame to a slice, and Check, which says
// why a peer would refuse it. Append does not call Check: a sender checks what comes
// from its own caller where it can still refuse it, before anything was promised.
//
// # Receiving
//
// [ReadFrame] is for who waits for one frame, and reads not a byte more. [Decoder] is
// for the reader of a link, who is given bytes as they come; it tells where in the
// stream each frame began, so that descriptors can be matched to offers. Both compare
// the length with a cap before they take the body, and hold no more memory than what
// arrived calls for. [Frame.Expect] and [Parser] then check the envelope in this
// order: version, kind, protocol, encoding.
//
// Fields that are not known here are skipped. A known field of the wrong wire type, a
// broken varint, a string that is not UTF-8, a token that has not 16 bytes, wherever
// they stand, are a [*FieldError]; where a field comes twice, the last one wins.
//
// # Secrets
//
// Tokens are kept as [registry.Token], which prints as a placeholder; so do [Secret]
// and [Frame]. The bytes of a frame are the secret itself: do not print those.
package wire
