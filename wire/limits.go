package wire

// What a frame's body may measure, in bytes. A reader passes one of these to
// [ReadFrame] or [NewDecoder], by what may come next on its stream.
const (
	MaxOffer   = 64 << 10 // on a link from broker to backend
	MaxControl = 4 << 10  // on a link from backend to broker, and for what follows a hello's reply
	MaxHello   = 64 << 10 // a client's hello and its reply
	MaxFrame   = 16 << 20 // the most that any frame may have, by docs/reference.md; nothing here needs it
)

// What the fields of a message may measure, in bytes of their encoded form. A message
// whose fields keep to these fits into a frame of its kind.
const (
	MaxPreface  = 60 << 10 // of what a broker read from a client before the offer
	MaxMetadata = 2 << 10  // of what a broker's application adds to an offer
	MaxAddress  = 512      // of an address, as text
	MaxDetail   = 3 << 10  // of the words that go with a rejection or a farewell
	MaxService  = 64       // of a service name
	MaxVersion  = 128      // of a client's own version; the version that it wants has 64
	MaxText     = 60 << 10 // of all texts and bytes of a hello or of its reply together
	MaxItems    = 64       // warnings, details, and parts of a reply: a number, not bytes
)
