package wire

// Cap returns the memory that a Decoder holds for bytes.
func (d *Decoder) Cap() int { return cap(d.buf) }
