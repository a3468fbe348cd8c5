# The reference card of usual actions: `make help` lists them.
SHELL := /bin/bash
DIR ?= .
FUZZTIME ?= 60s
# Wrangler is for the node of node_modules.
WRANGLER := PATH="$(CURDIR)/node_modules/.bin:$$PATH" WRANGLER_SEND_METRICS=false wrangler
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Debian packages of the real programs that the tests and the benchmarks drive.
TEST_PACKAGES := gcc libc6-dev git ca-certificates nginx apache2 libapache2-mod-xsendfile lighttpd caddy h2o curl wget aria2 chromium strace nodejs npm python3 python3-venv unzip openssl default-jre-headless maven postgresql
BENCH_PACKAGES := nginx apache2 libapache2-mod-xsendfile lighttpd caddy wrk python3-django python3-django-downloadview gunicorn

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/downlink
	go build -o bin/downlink ./cmd/downlink

.PHONY: run
run: ## serve a folder: make run DIR=~/Public
	go run ./cmd/downlink serve "$(DIR)"

.PHONY: worker
worker: ## build the Cloudflare Worker of downlink.toml into build/worker
	go run ./cmd/downlink-worker/build

ARCH ?= arm64
.PHONY: lambda
lambda: ## build the Lambda function of downlink.toml into build/lambda: make lambda ARCH=x86_64
	go run ./cmd/downlink-lambda/build -arch $(ARCH)

# LOCAL says where wrangler keeps R2 and D1 on this machine, DEV is flags of wrangler dev.
LOCAL ?= --local
DEV ?=
.PHONY: worker-dev
worker-dev: ## run the Worker's demo on this machine, with files in R2 and items in D1
	@$(node_modules)
	@mkdir -p build
	CI=1 $(WRANGLER) d1 migrations apply DB $(LOCAL)
	go run ./cmd/downlink import infra/workers/demo/items.jsonl --sql --config infra/workers/downlink.toml > build/items.sql
	CI=1 $(WRANGLER) d1 execute DB $(LOCAL) --file build/items.sql
	CI=1 $(WRANGLER) r2 object put downlink-files/public/hello.txt $(LOCAL) --file infra/workers/demo/hello.txt
	DOWNLINK_CONFIG=infra/workers/downlink.toml $(WRANGLER) dev $(LOCAL) $(DEV)

.PHONY: demo
demo: ## start the demo: every kind of view, with links to try
	go run ./cmd/downlink demo

# WITHOUT_RACE are the tests that race detection leaves out, makes smaller, or could
# hide something from: real programs, kills, allocations.
WITHOUT_RACE := ./test/... ./admin ./core/... ./track/...
.PHONY: test
test: export DOWNLINK_NO_SKIP := 1
test: export GOFLAGS += -count=1
test: deps check ## install what the tests need, then run all of them; a skipped test is a failure
	go test -timeout 12m $(WITHOUT_RACE)

.PHONY: check
check: ## gofmt, vet, staticcheck, import rules, race tests, wasm build: before each commit
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	GOOS=js GOARCH=wasm go build ./core/... ./download/... ./storage ./storage/memstore ./storage/r2store ./catalog ./catalog/sqlcat ./page
	GOOS=js GOARCH=wasm go vet ./adapters/workers/... ./cmd/downlink-worker/... ./internal/promise ./storage/r2store ./test/worker/suite ./test/worker/faults
	go vet -tags lambda.norpc,onlambda,noadmin ./cmd/downlink-lambda
	go test -tags lambda.norpc,onlambda ./internal/awskeys
	GOOS=windows go vet ./storage/... ./core/...
	go test -race -timeout 10m $$(go list ./... | grep -v /test/)
	go test -v -run TestModuleIsSmall ./test/wasm | grep 'decision module'

.PHONY: e2e
e2e: deps ## real clients and real servers only
	DOWNLINK_NO_SKIP=1 go test -count=1 -v -timeout 12m ./test/e2e/... ./test/conformance/...

.PHONY: bench
bench: bench-deps ## measure side by side with peers, print ratios
	go run ./test/bench

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME each (60s)
	@set -e; for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "== $$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

.PHONY: fmt
fmt: ## format the code
	gofmt -w $$(git ls-files '*.go')

.PHONY: clean
clean: ## remove what was built
	rm -rf bin build
	go clean -testcache

.PHONY: deps
deps:
	@$(call install,$(TEST_PACKAGES))
	@$(node_modules)
	@$(dynamodb_local)
	@$(venv)

.PHONY: bench-deps
bench-deps:
	@$(call install,$(BENCH_PACKAGES))
	@$(node_modules)

# node_modules gets what package-lock.json says, unless that is there already.
node_modules = test node_modules/.package-lock.json -nt package-lock.json || npm ci --no-audit --no-fund --loglevel=error

# dynamodb_local gets DynamoDB Local as its pom.xml says into the user's cache, where
# test/need looks for it, unless that is there already.
DYNAMODB_LOCAL := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/downlink-test/dynamodb-local
dynamodb_local = cmp -s test/server/dynamodb/pom.xml "$(DYNAMODB_LOCAL)/complete" || { rm -rf "$(DYNAMODB_LOCAL)" && \
  mvn -B -q -f test/server/dynamodb/pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$(DYNAMODB_LOCAL)" && \
  cp test/server/dynamodb/pom.xml "$(DYNAMODB_LOCAL)/complete"; }

# venv gets what its requirements say, unless that is there already: the SAM CLI.
venv = test .venv/.complete -nt test/sam/requirements.txt || \
  { python3 -m venv .venv && .venv/bin/pip install -q --disable-pip-version-check -r test/sam/requirements.txt && touch .venv/.complete; }

# install gets the Debian packages that are missing. A program that is there
# already, from wherever, is left alone. policy-rc.d keeps Debian from starting the
# servers among them.
define install
missing=""; \
for p in $(1); do \
  case $$p in aria2) c=aria2c ;; nodejs) c=node ;; default-jre-headless) c=java ;; maven) c=mvn ;; *) c=$$p ;; esac; \
  command -v $$c >/dev/null 2>&1 || dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; \
done; \
test -z "$$missing" && exit 0; \
if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
  echo "install these first, as root:$$missing"; exit 1; \
fi; \
echo "installing$$missing"; \
policy=/usr/sbin/policy-rc.d; \
test -e $$policy || { trap "rm -f $$policy" EXIT; printf '#!/bin/sh\nexit 101\n' >$$policy && chmod 755 $$policy; }; \
apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null
endef
