package broker

// Why a link is dropped, for tests that tell one reason from another.
var (
	ErrMessage = errMessage
	ErrFlooded = errFlooded
	ErrSilent  = errSilent
)
