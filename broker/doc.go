// Package broker accepts clients and hands their connections to backend processes, and
// knows at every instant who owns each.
package broker
