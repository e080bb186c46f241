package main

import "slices"

// allMutants returns the mutants, in the order of what they break as far
// as one subject goes.
func allMutants() []mutant {
	return slices.Concat(
		brokerMutants(), // first: their tests wait for clocks, beside those that compute
		backendMutants(),
		compatMutants(),
		outcomeMutants(),
		answerMutants(),
		tokenMutants(),
		consumeMutants(),
		deadlineMutants(),
		timeMutants(),
		capacityMutants(),
		countMutants(),
		sweepMutants(),
		closeMutants(),
		structureMutants(),
		secrecyMutants(),
		traceMutants(),
		concurrencyMutants(),
		modelMutants(),
	)
}
