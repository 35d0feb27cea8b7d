# Development tasks. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Databases that `make test` runs on: any of sqlite postgres mariadb. `make test DATABASES=sqlite` needs no server.
DATABASES ?= sqlite postgres mariadb
# The number of documents of `make fuzz`.
FUZZ_DOCUMENTS ?= 1000000
# Cargo features that compile the tests of the other databases.
features := $(foreach database,$(filter-out sqlite,$(DATABASES)),store/$(database) api/$(database) acceptance/$(database))
comma := ,
empty :=
space := $(empty) $(empty)
feature_list := $(subst $(space),$(comma),$(strip $(features)))

# Two goals that install packages at the same time would fail on each other's lock.
.NOTPARALLEL:

.PHONY: help
help: ## Lists the goals.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

.PHONY: run
run: web ## Builds everything and starts the demo company.
	cargo run --package api -- demo

.PHONY: test
test: web lint test-rust test-sdk test-oidc test-http test-web ## Runs all tests on all databases. Installs what they need.

.PHONY: lint
lint: ## Formatting and lints.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features "$(feature_list)" -- --deny warnings
	cargo clippy --package api --no-default-features --bins -- --deny warnings

.PHONY: audit
audit: ## Licences, bans, sources and known vulnerabilities of the dependencies. Not part of `make test`: see CONTRIBUTING.md.
	scripts/audit

.PHONY: test-rust
test-rust: web ## The Rust tests, on the databases named by DATABASES.
	scripts/with-databases "$(DATABASES)" -- scripts/cargo-test --workspace --features "$(feature_list)"

.PHONY: test-fast
test-fast: web ## The Rust tests on SQLite only: no server, no browser, no SDK.
	scripts/cargo-test --workspace

.PHONY: test-sdk
test-sdk: web ## Published WeChat SDKs, unmodified, against the sandbox.
	scripts/sdk-test

.PHONY: test-oidc
test-oidc: web ## Guiyi against a third-party OpenID Connect server.
	scripts/oidc-test

.PHONY: test-http
test-http: web ## The published GraphQL-over-HTTP audits, against the binary.
	scripts/http-test

.PHONY: test-phones
test-phones: ## How phone numbers are read, compared with another port of libphonenumber. PHONE_TEXTS sets the number of random texts.
	scripts/phone-test

.PHONY: test-release
test-release: web ## Requests that once crashed the process, against the release binary.
	cargo test --release --package api --test binary bodies

.PHONY: fuzz
fuzz: ## A million documents, most of them broken, against the guard before the parser. FUZZ_DOCUMENTS sets the number.
	cargo run --package api --example fuzz_documents -- $(FUZZ_DOCUMENTS)

.PHONY: test-web
test-web: web ## The playground's tests, and the whole demo in a real browser.
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
bench: ## Benchmarks: the sandbox under load; latency for logged-in people during an upstream outage, invented codes and expensive operations.
	cargo run --quiet --release --package sandbox --example crowd
	scripts/with-databases "sqlite postgres mariadb" -- cargo run --quiet --release --package acceptance --example slow_upstream
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example invented_codes
	scripts/with-databases "sqlite postgres mariadb" -- cargo run --quiet --release --package acceptance --example costly_documents

.PHONY: generate
generate: ## Generates the schema and the list of errors from the code.
	cargo build --quiet --package api
	target/debug/guiyi schema > schema.graphql
	target/debug/guiyi errors > docs/errors.md

.PHONY: release
release: web ## The binary for production, without the sandbox: target/release/guiyi.
	cargo build --release --package api --no-default-features
