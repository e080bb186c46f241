package backend

// Why a link ends, for tests that tell one reason from another.
var (
	ErrMessage    = errMessage
	ErrNeverAcked = errNeverAcked
	ErrRepeated   = errRepeated
)
