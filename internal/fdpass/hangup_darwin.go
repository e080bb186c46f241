package fdpass

// hangup is what poll is asked for to learn that the other end sends no more: here it
// only tells, unasked, when both directions are over.
const hangup = 0
