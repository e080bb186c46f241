package main

import "slices"

// allFaults returns the planted faults, in the order of what they break as far
// as one subject goes.
func allFaults() []fault {
	return slices.Concat(
		brokerFaults(), // first: their tests wait for clocks, beside those that compute
		backendFaults(),
		outcomeFaults(),
		answerFaults(),
		tokenFaults(),
		consumeFaults(),
		deadlineFaults(),
		timeFaults(),
		capacityFaults(),
		countFaults(),
		sweepFaults(),
		closeFaults(),
		structureFaults(),
		secrecyFaults(),
		traceFaults(),
		concurrencyFaults(),
		modelFaults(),
	)
}
