# Two commands are enough: make demo, make test. The rest is for contributors.

GO          ?= go
STATICCHECK  = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK  = golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME    ?= 5m
PLATFORMS    = linux/amd64 linux/arm64 linux/386 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64 windows/386

.DEFAULT_GOAL := help
.PHONY: help demo test test-go unit race spec spec-long traces drift verify java cc fuzz mutants mutants-quick mutants-generic bench bench-handoff soak faults cover lint staticcheck vulncheck cross generate

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## hand a thousand connections to backends that fail, and count
	$(GO) run ./cmd/handoff demo

# internal/lanes says what each of these takes, runs it, and ends with a summary.
test: ## everything: vet, unit, property, race, corpora, goldens, TLC, traces
	@$(GO) run ./internal/lanes

test-go: ## the same without Java: all but TLC
	@$(GO) run ./internal/lanes vet unit race

unit: ## vet, then unit and property tests, fuzz corpora, goldens
	@$(GO) run ./internal/lanes vet unit

race: ## the tests that run goroutines again under the race detector, with fewer cases
	@$(GO) run ./internal/lanes race

spec: java ## model-check the specification with TLC
	$(GO) run ./spec/tlc

spec-long: java ## the larger models too (by hand or nightly)
	$(GO) run ./spec/tlc -lane long

traces: ## check fresh traces of the code, and mutants of them, with TLC
	@$(GO) run ./internal/lanes traces

drift: java ## change a rule in one place only; the checks against the others must notice
	$(GO) run ./internal/drift

verify: java cc ## the whole chain, and a report for each guarantee
	$(GO) run ./internal/verify

java: # what TLC needs; installed where that is ours to do
	@scripts/need 'java mvn' 'openjdk-17-jre-headless maven' 'the specification was NOT checked'

cc: # what the race detector needs
	@scripts/need "$$($(GO) env CC)" gcc 'the race detector was NOT run'

fuzz: ## fuzz each target for FUZZTIME
	$(GO) test ./fuzz -run '^$$' -fuzz '^FuzzOperations$$' -fuzztime $(FUZZTIME) -fuzzminimizetime 10x
	$(GO) test ./fuzz -run '^$$' -fuzz '^FuzzParseToken$$' -fuzztime $(FUZZTIME)

mutants: cc ## make mutants of the source, in a copy; every one must be killed
	$(GO) run ./internal/mutants

mutants-quick: cc # the same with one seed
	$(GO) run ./internal/mutants -quick

mutants-generic: ## change every condition and statement; the package's own tests must notice (nightly)
	$(GO) run ./internal/mutants/generic $(ARGS)

bench-handoff: ## a handoff beside the reconnect that it replaces (Linux)
	$(GO) run ./cmd/handoff bench handoff

soak: ## a million handoffs with faults, and what they leave behind (Linux)
	$(GO) run ./cmd/handoff bench soak --n 1000000 --faults

faults: ## the fault matrix, twenty times
	$(GO) test ./internal/faultmatrix -run Matrix -repeat 20 -timeout 2h -v

bench: ## one life beside a mutex, a map and a time.AfterFunc
	$(GO) test ./registry ./fsm -run '^$$' -bench .

cover: ## statement coverage of the core, by the tests of all packages
	$(GO) test -short -coverpkg ./fsm,./registry,./fallback,./model -coverprofile cover.out ./fsm ./registry ./fallback ./model ./proptest ./fuzz
	$(GO) tool cover -func cover.out | grep -v '100.0%'

lint: staticcheck vulncheck ## staticcheck and govulncheck

staticcheck:
	$(GO) run $(STATICCHECK) ./...

vulncheck: # needs the vulnerability database, which is not a Go module
	$(GO) run $(GOVULNCHECK) ./...

cross: ## build and vet for every platform
	@set -e; for p in $(PLATFORMS); do \
		echo "build and vet $$p"; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) build ./...; \
		CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} $(GO) vet ./...; \
	done

generate: ## rewrite the generated files; git must show no difference after it
	$(GO) test ./fsm -run Diagrams -update
	$(GO) test ./registry -run TestScripts -rewrite -datadriven-quiet
	$(GO) test ./model -run TestGoldenGraph -update
	$(GO) generate ./fuzz
	$(GO) test ./proptest -run EveryBranch -update
	$(GO) test ./wire -run Vectors -update
	$(GO) test ./spec/trace -run Sample -update
	$(GO) test ./internal/obligations -run 'Readme|EveryAction' -update
