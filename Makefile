# What a developer does, in a few words. `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Which databases `make test` runs on: any of sqlite postgres mariadb. `make test DATABASES=sqlite` needs no server.
DATABASES ?= sqlite postgres mariadb
# How many documents `make fuzz` makes.
FUZZ_DOCUMENTS ?= 1000000
# The cargo features that compile the tests of the other databases.
features := $(foreach database,$(filter-out sqlite,$(DATABASES)),store/$(database) acceptance/$(database))
comma := ,
empty :=
space := $(empty) $(empty)
feature_list := $(subst $(space),$(comma),$(strip $(features)))

# Two goals that install something at once would wait for each other's lock in vain.
.NOTPARALLEL:

.PHONY: help
help: ## Lists what there is to make.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

.PHONY: run
run: web ## Builds everything and opens the demo company.
	cargo run --package api -- demo

.PHONY: test
test: web lint test-rust test-sdk test-oidc test-http test-web ## Runs all tests on all databases, having installed what they need.

.PHONY: lint
lint: ## Formatting and lints.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features "$(feature_list)" -- --deny warnings
	cargo clippy --package api --no-default-features --bins -- --deny warnings

.PHONY: audit
audit: ## Licences, bans, sources and known holes of what we depend on. Not a part of `make test`: see CONTRIBUTING.md.
	scripts/audit

.PHONY: test-rust
test-rust: web ## The Rust tests, on the databases named by DATABASES.
	scripts/with-databases "$(DATABASES)" -- scripts/cargo-test --workspace --features "$(feature_list)"

.PHONY: test-fast
test-fast: web ## The Rust tests on SQLite alone: no server, no browser, no SDK.
	scripts/cargo-test --workspace

.PHONY: test-sdk
test-sdk: web ## Published WeChat SDKs, unmodified, against the sandbox.
	scripts/sdk-test

.PHONY: test-oidc
test-oidc: web ## Guiyi against an OpenID Connect server that others wrote.
	scripts/oidc-test

.PHONY: test-http
test-http: web ## The published audits of GraphQL over HTTP, against the binary.
	scripts/http-test

.PHONY: test-release
test-release: web ## Requests that once ended the process, against the binary as it is shipped.
	cargo test --release --package api --test binary bodies

.PHONY: fuzz
fuzz: ## A million documents, most of them broken, against what stands before the parser. FUZZ_DOCUMENTS says how many.
	cargo run --package api --example fuzz_documents -- $(FUZZ_DOCUMENTS)

.PHONY: test-web
test-web: web ## The playground's own tests, and the whole demo in a real browser.
	cd web && npm run check
	scripts/browser-test

.PHONY: web
web: web/dist/index.html ## Bundles the playground.

web/node_modules: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules $(shell find web/src web/index.html web/vite.config.ts web/tsconfig.json -type f 2>/dev/null)
	cd web && npm run build

.PHONY: bench
bench: ## Measures: what a crowd costs the sandbox, and what a silent WeChat, invented codes and greedy people cost those who are signed in.
	cargo run --quiet --release --package sandbox --example crowd
	scripts/with-databases "sqlite postgres mariadb" -- cargo run --quiet --release --package acceptance --example slow_upstream
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example invented_codes
	scripts/with-databases "sqlite postgres mariadb" -- cargo run --quiet --release --package acceptance --example costly_documents

.PHONY: generate
generate: ## Writes the files that are made from the code: the schema and the list of errors.
	cargo build --quiet --package api
	target/debug/guiyi schema > schema.graphql
	target/debug/guiyi errors > docs/errors.md

.PHONY: release
release: web ## The binary for production, without the sandbox: target/release/guiyi.
	cargo build --release --package api --no-default-features
