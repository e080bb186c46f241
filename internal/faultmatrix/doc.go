// Package faultmatrix is a matrix of faults: real processes are a broker, two backends and a
// client, and one of them is stopped right after one step of the protocol and then
// killed, frozen, cut off from its link, made to send garbage, or made to clear
// O_NONBLOCK on the connection that is handed over. There is a cell for every step of
// every party and every fault; docs/faults.md is the table.
//
// The package is its tests. Each cell asserts that no connection ever had two owners,
// that its client ended, and as its table says, that every handoff left the registry
// exactly once, that no descriptor is left, and that other clients finished while the
// faulty party was still stopped.
//
//	go test ./internal/faultmatrix                        # every cell once
//	go test ./internal/faultmatrix -short                 # one cell a step
//	go test ./internal/faultmatrix -repeat 20             # every cell twenty times
//	go test ./internal/faultmatrix -run 'Matrix/cells/backend/SendAck'
//	go test ./internal/faultmatrix -repeat 5 -update      # add what is seen to the table
package faultmatrix
