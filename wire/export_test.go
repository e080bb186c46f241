package wire

// Cap returns the size of a Decoder's buffer in bytes.
func (d *Decoder) Cap() int { return cap(d.buf) }
