# Flow HQ. `make help` lists what can be made.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X flowhq/appliance.Version=$(VERSION)
export CGO_ENABLED := 0
ONCE ?=
FUZZTIME ?= 30s

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## bin/flowhq and bin/wasim (the simulator)
	go build -ldflags '$(LDFLAGS)' -o bin/flowhq ./cmd/flowhq
	go build -ldflags '-s -w' -o bin/wasim ./cmd/wasim

run: build ## the real thing: the appliance on SQLite in ./var against the real WhatsApp
	@tools/run.sh

demo: build ## three businesses on the simulator, no phone needed (ONCE=1: check every answer and exit)
	go build -o bin/demo ./internal/demo
	@bin/demo $(if $(ONCE),--once)

screenshots: build ## every page in both languages, light and dark, 390 and 1440 px wide, into var/screenshots
	@tools/test-needs.sh browser
	go build -o bin/demo ./internal/demo
	@bin/demo --screenshots var/screenshots

# Never a cached verdict: the end-to-end tests build the programs that they test.
test: ## everything: unit, both stores, end to end over the simulator, race detector on
	@tools/test-needs.sh browser
	CGO_ENABLED=1 go test -race -count=1 -timeout 14m $$(go list ./... | grep -vE '^flowhq/(internal/wasim|appliance/whatsapp)$$')
	go test -count=1 -timeout 5m ./internal/wasim ./appliance/whatsapp # these break connections under whatsmeow, which has data races of its own then

conversations: ## runs conversations and times from files: make conversations FILES="a.yaml b.csv"
	go run ./appliance/bot/transcript/cmd $(FILES)

bench: build ## what docs/benchmarks/ tells, measured here (minutes)
	go run ./internal/bench --out docs/benchmarks/fleet.md

lint: ## go vet and gofmt
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not formatted:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...

fmt: ## gofmt everything
	gofmt -w $$(git ls-files '*.go')

generate: ## queries checked against both engines, Go code made from them
	tools/generate.sh

.PHONY: help build run demo screenshots test conversations bench lint fmt generate
