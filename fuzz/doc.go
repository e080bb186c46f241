// Package fuzz holds native fuzz targets. It has no code of its own; the targets
// are in its tests:
//
//   - FuzzOperations takes bytes for a sequence of operations, and runs it on the
//     registry and on the model side by side, with every check of package
//     proptest.
//   - FuzzParseToken takes bytes for a token, which must come back as they were
//     or be refused, and must never show in print.
//
// The corpora under testdata are written from named scenarios, which are text
// (see proptest.Assemble), so that each file says what it is for. A test holds
// the files equal to the scenarios, and the scenarios to reaching every answer
// of every operation.
//
// To fuzz:
//
//	go test ./fuzz -run '^$' -fuzz '^FuzzOperations$' -fuzztime 5m
package fuzz

//go:generate go test . -run ^TestCorpora$ -update
