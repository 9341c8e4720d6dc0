# Flow HQ. `make help` lists what can be made.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X flowhq/appliance.Version=$(VERSION)
export CGO_ENABLED := 0
ONCE ?=

# A package's version: that of the tag, or 0.1.0~COMMITS.HASH before the first one. Its time is that of the commit.
PACKAGE_VERSION ?= $(shell git describe --tags --exact-match 2>/dev/null | sed -n 's/^v//p' | grep . || echo "0.1.0~$$(git rev-list --count HEAD).g$$(git rev-parse --short=8 HEAD)")
ENGINE_VERSION ?= $(PACKAGE_VERSION)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date +%s)
ARCHES ?= amd64 arm64
DIST ?= dist
FORMATS ?= deb
XZ ?= -9e
SYSTEM ?=
FUZZTIME ?= 30s
FOR ?= 10m
PAGE ?= docs/benchmarks/procman.md

# What a newcomer needs, in the order in which it is needed.
FIRST := demo run build test lint

help: ## this list
	@awk -F ':.*## ' -v first='$(FIRST)' ' \
		/^[a-z-]+:.*## / { what[$$1] = $$2; order[++n] = $$1 } \
		END { count = split(first, f, " "); print "To begin with:"; \
			for (i = 1; i <= count; i++) { printf "  make %-18s %s\n", f[i], what[f[i]]; seen[f[i]] = 1 } \
			print "\nEverything else:"; \
			for (i = 1; i <= n; i++) if (!seen[order[i]]) printf "  make %-18s %s\n", order[i], what[order[i]] }' \
		$(MAKEFILE_LIST)

build: ## bin/flowhq, bin/flowhq-worker and bin/wasim (the simulator)
	go build -ldflags '$(LDFLAGS)' -o bin/flowhq ./cmd/flowhq
	go build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/flowhq-worker ./cmd/flowhq-worker
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

test-pages: build ## every page in both languages, schemes and widths: accessibility (axe-core), layout shift, HTML (html-validate)
	@tools/test-needs.sh pages
	cd tools/pages && npm ci --no-audit --no-fund --silent
	go build -o bin/demo ./internal/demo
	@rm -rf var/pages
	@bin/demo --dir var/demo-pages --port 0 --axe tools/pages/node_modules/axe-core/axe.min.js --html var/pages
	cd tools/pages && npx --no-install html-validate --config .htmlvalidate.json ../../var/pages/*.html

# The race detector watches all code but this: the SQLite that a program translated from C, and plain arithmetic of
# cryptography, which it makes ten times as slow and in which no two goroutines meet. And whatsmeow's socket, which reads
# OnDisconnect without its lock when both sides close it at the same moment; see docs/architecture.md.
UNWATCHED := modernc.org/sqlite/lib modernc.org/libc modernc.org/memory go.mau.fi/whatsmeow/socket \
	golang.org/x/crypto/scrypt golang.org/x/crypto/argon2 golang.org/x/crypto/blake2b golang.org/x/crypto/pbkdf2 \
	filippo.io/edwards25519/... crypto/internal/fips140/edwards25519/... crypto/internal/fips140/nistec/... \
	crypto/internal/fips140/pbkdf2

# Never a cached verdict: the end-to-end tests build the programs that they test, with the same flags.
test: export GOFLAGS := $(shell go env GOFLAGS) $(foreach p,$(UNWATCHED),-gcflags=$(p)=-race=false)
test: ## everything: unit, both stores, end to end over the simulator, race detector on
	@tools/test-needs.sh browser
	CGO_ENABLED=1 go test -race -count=1 -timeout 14m ./...

.PHONY: torture
torture: build ## the whole product while all that can break is broken (MINUTES=5 SEED=7 STORE=sqlite OUT=docs/benchmarks/torture.md; SHORT=1 for a small one)
	@tools/test-needs.sh
	go build -o bin/torture ./internal/torture
	bin/torture --commit $(VERSION) --seed $(or $(SEED),0) --store $(or $(STORE),both) $(if $(SHORT),--tenants 12 --customers 60 --rate 6 --length 40s,--length $(or $(MINUTES),5)m) $(if $(OUT),--out $(OUT))

conversations: ## runs conversations and times from files: make conversations FILES="a.yaml b.csv"
	go run ./worker/bot/transcript/cmd $(FILES)

bench-conversations: ## steps of the conversations, into docs/benchmarks/conversations.md
	tools/bench-conversations.sh

fuzz: ## every fuzz target of the conversations for FUZZTIME (30s) each
	FUZZTIME=$(FUZZTIME) tools/fuzz.sh

.PHONY: bench-fleet
bench: bench-fleet

bench-fleet: build ## memory, latency by stages and return after an outage, into docs/benchmarks/fleet.md (TENANTS=200 RATE=100 LOAD=2m RECONNECT=500; COMPARED=no: without the version before)
	go build -o bin/bench ./internal/bench
	bin/bench --tenants $(or $(TENANTS),200) --rate $(or $(RATE),100) --load $(or $(LOAD),2m) --reconnect $(or $(RECONNECT),500) $(if $(filter no,$(COMPARED)),,--compared) --out docs/benchmarks/fleet.md

# -trimpath and no build id: the same source gives the same program wherever it is built.
deb: ## the packages flowhq and flowhq-engine in dist, amd64 and arm64 (ARCHES=amd64, FORMATS=deb,rpm, PACKAGE_VERSION=1.2.3, ENGINE_VERSION=1.2.4)
	@mkdir -p build/package $(DIST)
	@for arch in $(ARCHES) host; do \
		[ $$arch = host ] && goarch=$$(go env GOHOSTARCH) || goarch=$$arch; \
		GOARCH=$$goarch go build -tags packaged -trimpath -buildvcs=false -ldflags '-s -w -buildid= -X flowhq/appliance.Version=$(PACKAGE_VERSION)' -o build/package/$$arch/flowhq ./cmd/flowhq || exit; \
		GOARCH=$$goarch go build -tags packaged -trimpath -buildvcs=false -ldflags '-s -w -buildid= -X main.version=$(ENGINE_VERSION)' -o build/package/$$arch/flowhq-worker ./cmd/flowhq-worker || exit; \
	done
	@cd tools && go build -o ../build/pack ./pack
	@for arch in $(ARCHES); do \
		build/pack -version '$(PACKAGE_VERSION)' -engine '$(ENGINE_VERSION)' -arch $$arch -host build/package/host/flowhq -epoch $(SOURCE_DATE_EPOCH) -xz=$(XZ) -formats $(FORMATS) -out $(DIST) || exit; \
	done

rpm: ## the same as RPM packages
	@$(MAKE) --no-print-directory deb FORMATS=rpm

apt-repo: deb ## dist/apt, a signed repository for any static web server (KEY=… to sign with)
	packaging/apt-repo.sh $(DIST) $(DIST)/apt

release: ## dist/release: every package with SHA256SUMS, signed when KEY is set
	@rm -rf $(DIST)/release && mkdir -p $(DIST)/release
	@$(MAKE) --no-print-directory deb FORMATS=deb,rpm DIST=$(DIST)/release
	@cp CHANGELOG.md $(DIST)/release/
	@cd $(DIST)/release && sha256sum *.deb *.rpm CHANGELOG.md > SHA256SUMS
	@[ -z "$(KEY)" ] || gpg --batch --yes --local-user "$(KEY)" --armor --detach-sign $(DIST)/release/SHA256SUMS
	@cat $(DIST)/release/SHA256SUMS

# Rows are kept in docs/benchmarks/procman.json, so that they can be measured in several runs; the page is written from all of them.
bench-procman: ## procman beside PM2, supervisord, s6, runit, half an hour (PEERS=1 installs them; ROWS=start,stop; QUICK=1)
	go build -C procman/internal/bench -ldflags '-X main.tree=$(VERSION)' -o $(CURDIR)/bin/bench-procman .
	@mkdir -p var
	bin/bench-procman $(if $(QUICK),-quick -out var/procman-quick.md,-results docs/benchmarks/procman.json -out docs/benchmarks/procman.md) $(if $(ROWS),-rows $(ROWS))

faults: ## 50 children that misbehave under a process manager that is killed every few seconds (FOR=10m; CGROUPS=no; PAGE=)
	go build -C procman/internal/bench -ldflags '-X main.tree=$(VERSION)' -o $(CURDIR)/bin/bench-procman .
	bin/bench-procman fault -for $(FOR) $(if $(filter no,$(CGROUPS)),-cgroup '') $(if $(PAGE),-results docs/benchmarks/procman.json -out $(PAGE))

memory-proof: ## limits of memory, tasks and processor time by cgroup v2, in user-mode Linux (a minute or two)
	@tools/test-needs.sh uml
	procman/umltest/run.sh

.PHONY: bench-procman faults memory-proof

package-check: ## the packages are the same bytes when built twice, at most 16 MB together, and lintian has nothing to say
	@tools/test-needs.sh system
	@packaging/check.sh

test-system: ## the installed product on whole systems with real systemd, in throw-away guests (root; 30 minutes at most; SYSTEM="life-trixie" for one)
	@tools/test-needs.sh system
	@mkdir -p build && go build -o build/systemtest ./packaging/systemtest
	@build/systemtest $(SYSTEM)

test-system-quick: ## the part of it that runs at every change
	@tools/test-needs.sh system
	@mkdir -p build && go build -o build/systemtest ./packaging/systemtest
	@build/systemtest -quick

bench-upgrade: ## an upgrade while customers of 20 businesses write, into docs/benchmarks/upgrade.md
	@tools/test-needs.sh system
	@mkdir -p build && go build -o build/systemtest ./packaging/systemtest
	@build/systemtest -out docs/benchmarks/upgrade.md upgrade
MESSAGES ?= 1000000
PAGED ?= 10000000
bench-store: build ## both stores: rows a second, pages among many rows, size, backup, copy (an hour; ten minutes with MESSAGES=300000 PAGED=300000)
	@tools/test-needs.sh
	go build -o bin/bench-store ./internal/bench/store
	bin/bench-store -rows $(MESSAGES) -paged $(PAGED) -out docs/benchmarks/store.md

bench-ui: build ## weight, speed, cost and reactions of the pages with 1,000 businesses: docs/benchmarks/ui.md (five minutes)
	@tools/test-needs.sh browser
	go run ./internal/uibench --out docs/benchmarks/ui.md

lint: ## gofmt, go vet, golangci-lint and govulncheck (tools/lint.sh ./storage/... for some packages only)
	@tools/lint.sh

fmt: ## gofmt everything
	gofmt -w $$(git ls-files '*.go')

generate: ## queries checked against both engines, Go code made from them
	tools/generate.sh


.PHONY: deb rpm apt-repo release package-check test-system test-system-quick bench-upgrade
.PHONY: help build run demo screenshots test test-pages conversations bench-conversations fuzz bench bench-ui bench-store lint fmt generate
