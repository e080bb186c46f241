package main

// A guarantee is a promise of the module, with all that must hold for it to be called
// verified.
type guarantee struct {
	id, promise string
	properties  []string // TLA+: checked by models that hold, and by models that must fail
	tests       []string // Go, as package.TestFunction
	files       []string
}

// guarantees returns G1 to G10, as the README's table has them.
func guarantees() []guarantee {
	kit := []string{"proptest.TestRegistry", "proptest.TestRegistryWalks"}
	with := func(tests ...string) []string { return append(kit[:len(kit):len(kit)], tests...) }
	return []guarantee{
		{
			id: "G1", promise: "leaves exactly once",
			properties: []string{"LeavesExactlyOnce", "StaysClosed"},
			tests:      with("proptest.TestG1LeavesExactlyOnce", "proptest.TestRegistryConcurrently", "registry.TestTraceOrdersRacingCalls"),
			files:      []string{"spec/Guarantees.tla", "proptest/guarantees_test.go", "proptest/internal/oracle/oracle.go", "proptest/internal/race/outcomes.go"},
		},
		{
			id: "G2", promise: "always revoked",
			properties: []string{"AlwaysRevoked"},
			tests:      with("proptest.TestG2AlwaysRevoked", "registry.TestScripts"),
			files:      []string{"spec/Guarantees.tla", "proptest/guarantees_test.go", "proptest/internal/sequence/probe.go"},
		},
		{
			id: "G3", promise: "one deadline",
			properties: []string{"OneDeadline"},
			tests:      with("proptest.TestG3OneDeadline", "registry.TestScripts"),
			files:      []string{"spec/Guarantees.tla", "proptest/guarantees_test.go", "proptest/internal/oracle/oracle.go"},
		},
		{
			id: "G4", promise: "only live tokens",
			properties: []string{"OnlyLiveTokens", "ConsumedOnce"},
			tests:      with("proptest.TestG4OnlyLiveTokens", "registry.TestALiveTokenCollidesAndARevokedOneIsIssuedAgain"),
			files:      []string{"spec/Guarantees.tla", "proptest/guarantees_test.go", "proptest/internal/oracle/oracle.go"},
		},
		{
			id: "G5", promise: "bounded",
			properties: []string{"Bounded"},
			tests:      with("proptest.TestG5Bounded", "registry.TestMemoryComesBack", "registry.TestAllocs", "registry.TestNoAllocsAtAChunkBoundary"),
			files:      []string{"spec/Guarantees.tla", "proptest/guarantees_test.go", "registry/cost_test.go"},
		},
		{
			id: "G6", promise: "conserved",
			properties: []string{"Conserved"},
			tests:      with("proptest.TestG6Conserved", "proptest.TestRegistryConcurrently"),
			files:      []string{"spec/Guarantees.tla", "proptest/guarantees_test.go", "proptest/internal/oracle/counts.go", "proptest/internal/race/counts.go"},
		},
		{
			id: "G7", promise: "ends",
			properties: []string{"Ends", "SweepsAll"},
			tests: with("proptest.TestG7Ends", "registry.TestRunExpiresAtTheDeadlineAndNotBefore", "registry.TestRunSweepsAgainAfterASlowCallback",
				"obligations.TestEachHandoffIsExpired", "obligations.TestAHandoffThatNobodyExpiresStays"),
			files: []string{"spec/Liveness.tla", "spec/Guarantees.tla", "proptest/guarantees_test.go", "registry/run_test.go"},
		},
		{
			id: "G8", promise: "saturating time",
			properties: []string{"SaturatingTime"},
			tests:      with("proptest.TestG8SaturatingTime", "registry.TestTimesFarFromNowSaturate", "store.TestInstantsSaturate"),
			files:      []string{"spec/Guarantees.tla", "proptest/guarantees_test.go", "registry/input_test.go"},
		},
		{
			id: "G9", promise: "one owner",
			properties: []string{"SingleOwner", "OneStory", "NoFenceOfAnotherOwner", "TokenBoundToLink", "EveryClientEnds"},
			tests: []string{
				"fdpass.TestASendIsReadableWhenItReturns", "fdpass.TestWhatWasSentOutlivesItsSender",
				"broker.TestLateAckIsFenced", "broker.TestAckOfAnEndedAttemptFencesNobody", "broker.TestAckOnAnotherLinkEndsNothing",
				"backend.TestClockIsReadAfterTheAck", "faultmatrix.TestMatrix",
			},
			files: []string{"spec/ProtocolGuarantees.tla", "spec/ProtocolLiveness.tla", "internal/faultmatrix"},
		},
		{
			id: "G10", promise: "no descriptor is lost",
			properties: []string{"DescriptorConservation"},
			tests: []string{
				"fdpass.TestALedgerIsExactAtEveryInstant", "fdpass.TestTheLedgerAgreesWithTheKernel", "faultmatrix.TestMatrix",
			},
			files: []string{"spec/ProtocolGuarantees.tla", "internal/fdpass/ledger.go", "internal/faultmatrix"},
		},
	}
}
