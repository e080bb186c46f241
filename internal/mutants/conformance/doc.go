// Package conformance has tests only: the conformance kit (package proptest) on the registry, as a
// user of the kit runs it. They kill most mutants. They are apart from the kit's own tests so that
// little has to be built for each mutant.
package conformance
