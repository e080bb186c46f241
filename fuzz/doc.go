// Package fuzz holds the native fuzz targets of the core. It exports nothing: the targets are in its
// tests.
//
//   - FuzzOperations decodes bytes as a sequence of operations, and runs it on the registry and on
//     the model side by side, with every check of package proptest.
//   - FuzzParseToken parses bytes as a token. They must come back unchanged or be refused, and
//     must not appear when the token is printed.
//
// The corpora under testdata are generated from named scenarios, which are text (see
// proptest.Assemble), so that each file says what it is for. Tests check that the files are up to
// date, and that the scenarios reach every answer of every operation.
//
// To fuzz:
//
//	go test ./fuzz -run '^$' -fuzz '^FuzzOperations$' -fuzztime 5m
package fuzz

//go:generate go test . -run ^TestCorpora$ -update
