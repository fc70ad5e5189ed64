# make help lists what there is. make run and make test are all that a fresh
# machine needs: they look for missing system packages and, on Debian and
# Ubuntu, install them.
.DEFAULT_GOAL := help
.PHONY: help run test lint fmt fuzz bench icons package screenshot clean

GO ?= go
export GO
FUZZTIME ?= 30s

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' Makefile

run: ## build and start Posthouse (without a display: posthoused)
	@.ci/start

test: ## all checks and tests; STEPS="unit ui" runs some, STEPS=list names them
	@.ci/test $(STEPS)

lint: ## gofmt, house rules, go vet, staticcheck, go mod tidy, govulncheck
	@.ci/test format house vet staticcheck tidy vulnerabilities

fmt: ## format the Go files
	@$(GO) fmt ./... && gofmt -w .ci

fuzz: ## run each fuzz target for FUZZTIME (30s)
	@.ci/fuzz $(FUZZTIME)

bench: ## measure the proxy beside its peers; BENCH="-works idle" gives flags
	@proxy/bench/run $(BENCH)

icons: ## draw the PNG icons from their SVG sources
	@cd assets && $(GO) generate

package: ## packages for distribution, in dist/package/
	@.ci/package

screenshot: ## take the README's pictures of the real window again
	@.ci/screenshot

clean: ## remove what the build left in the tree
	@rm -rf dist posthouse posthoused
