package main

// secrecyMutants let a token out, or change what comes over a wire.
func secrecyMutants() []mutant {
	return []mutant{{
		name: "token-prints-itself", breaks: "secrecy", must: byFuzz, file: "registry/token.go",
		says: "fmt prints the bytes of a token",
		old:  `io.WriteString(f, redacted) }`,
		new:  `io.WriteString(f, fmt.Sprintf("%x", t.Bytes())) }`,
	}, {
		name: "token-not-masked", breaks: "secrecy", must: byFuzz, file: "registry/token.go",
		says: "the bytes of a token are kept as they are, for fmt to find in an unexported field",
		old:  `x[i] = b[i] ^ mask[i]`,
		new:  `x[i] = b[i]`,
	}, {
		name: "zero-token-masked", breaks: "G4", must: byFuzz, file: "registry/token.go",
		says: "sixteen zero bytes do not make the zero Token",
		old:  `	keep := subtle.ConstantTimeCompare(b[:], zero[:]) | subtle`,
		new: `	_ = zero
	keep := subtle`,
	}, {
		name: "bytes-stay-masked", breaks: "secrecy", must: byFuzz, file: "registry/token.go",
		says: "Bytes gives the masked form, which no peer understands",
		old:  `{ return masked(t.x) }`,
		new:  `{ return t.x }`,
	}, {
		name: "long-token-cut", breaks: "G4", must: byFuzz, file: "registry/token.go",
		says: "ParseToken takes the first 16 of more bytes",
		old: `	switch len(b) {
`,
		new: `	switch min(len(b), TokenSize) {
`,
	}}
}
