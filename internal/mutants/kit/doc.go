// Package kit has tests only: the conformance kit as a user of it runs it, on the
// registry. They are what finds most planted faults, and are apart from the kit's own
// tests so that little is to be built for each fault.
package kit
