package wire

// Limits of a frame's body in bytes. A reader passes one of them to [ReadFrame] or [NewDecoder],
// depending on what its peer may send next.
const (
	MaxOffer   = 64 << 10 // on a link, from broker to backend
	MaxControl = 4 << 10  // on a link, from backend to broker; and for ready and fallback
	MaxHello   = 64 << 10 // a client's hello and its reply
	MaxFrame   = 16 << 20 // the largest body of running-process 4.5.5; nothing here needs it
)

// Limits of a message's fields in encoded bytes. A message within these limits fits into a frame
// of its kind.
const (
	MaxPreface  = 60 << 10 // what a broker read from a client before the offer
	MaxMetadata = 2 << 10  // what a broker's application adds to an offer
	MaxAddress  = 512      // an address, as text
	MaxDetail   = 3 << 10  // the text of a rejection or a bye
	MaxService  = 64       // a service name
	MaxVersion  = 128      // a client's own version; the version that it wants has at most 64
	MaxText     = 60 << 10 // all strings and bytes fields of a hello, or of its reply, together
	MaxItems    = 64       // how many warnings, details, or parts of a reply
)
