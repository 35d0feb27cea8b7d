# Development tasks. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# Databases that `make test` runs on: any of sqlite postgres mariadb, or oceanbase, on which the tests of MariaDB run. `make test
# DATABASES=sqlite` needs no server.
DATABASES ?= sqlite postgres mariadb
# The number of documents of `make fuzz`.
FUZZ_DOCUMENTS ?= 1000000
# The number of orders of `make bench`: 10000, 100000, 1000000 or 10000000.
BENCH_ORDERS ?= 1000000
# The number of followers of `make backfill-bench`.
BENCH_FOLLOWERS ?= 1000000
# The number of people of `make search-bench`.
BENCH_PEOPLE ?= 10000000
# The number of people of `make upgrade-bench`.
UPGRADE_PEOPLE ?= 1000000
# For how many minutes `make soak` runs, and at how many operations a second.
MINUTES ?= 60
RATE ?= 500
export MINUTES RATE
# Cargo features that compile the tests of the other databases.
features := $(foreach database,$(subst oceanbase,mariadb,$(filter-out sqlite,$(DATABASES))),store/$(database) api/$(database) acceptance/$(database))
comma := ,
empty :=
space := $(empty) $(empty)
feature_list := $(subst $(space),$(comma),$(strip $(features)))
# For the tests that start the binary: see scripts/build-guiyi.
export TEST_FEATURES := $(feature_list)

speed := scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example speed --

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

.PHONY: test-oceanbase
test-oceanbase: web ## The Rust tests of MariaDB, but for those of its plans, on OceanBase's single-node edition from PyPI. Not part of `make test`.
	TEST_FEATURES=store/mariadb,api/mariadb,acceptance/mariadb scripts/with-databases oceanbase -- \
	  scripts/cargo-test --workspace --features store/mariadb,api/mariadb,acceptance/mariadb mariadb -- --skip plan::mariadb

.PHONY: test-fast
test-fast: web ## The Rust tests on SQLite only: no server, no browser, no SDK.
	scripts/with-databases sqlite -- scripts/cargo-test --workspace

.PHONY: test-sdk
test-sdk: web ## Published WeChat SDKs, unmodified, against the sandbox.
	scripts/sdk-test

.PHONY: test-oidc
test-oidc: web ## Guiyi against a third-party OpenID Connect server.
	scripts/oidc-test

.PHONY: test-http
test-http: web ## The published GraphQL-over-HTTP audits, against the binary.
	scripts/http-test

.PHONY: test-php
test-php: web ## The consumer of webhooks for PHP that the documentation shows. Installs PHP; not part of `make test`.
	scripts/php-test

.PHONY: test-phones
test-phones: ## How phone numbers are read, compared with another port of libphonenumber. PHONE_TEXTS sets the number of random texts.
	scripts/phone-test

.PHONY: test-ops
test-ops: ## The files of ops/: alerts and their tests, the dashboard, the unit, the manifest, the scripts. Installs what they need.
	scripts/ops-test

.PHONY: test-release
test-release: web ## Requests that once crashed the process, against the release binary.
	cargo test --release --package api --test binary bodies

.PHONY: fuzz
fuzz: ## A million documents, most of them broken, against the guard before the parser. FUZZ_DOCUMENTS sets the number.
	cargo run --package api --example fuzz_documents -- $(FUZZ_DOCUMENTS)

.PHONY: test-web
test-web: web ## The client packages, the playground, the shop and the console: types, tests, size; then all in a real browser, and against the demo.
	cd web && npm run check
	scripts/browser-test

.PHONY: test-packages
test-packages: web/node_modules ## The packages as they are published, in empty apps of Vite, webpack and Next.js. Installs these from the npm registry.
	cd web && npm run build:packages && npm run test:packages

.PHONY: web
web: web/dist/index.html web/shop/dist/index.html web/console/dist/index.html ## Bundles the playground, the demo shop and the console.

web/node_modules: web/package.json web/package-lock.json $(wildcard web/packages/*/package.json) web/playground/package.json web/shop/package.json web/console/package.json
	cd web && npm ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules $(shell find web/playground/src web/playground/index.html web/playground/vite.config.ts web/vite.page.ts web/playground/tsconfig.json -type f 2>/dev/null)
	cd web && npm run build:playground

shop_sources := web/shop/src web/shop/index.html web/shop/vite.config.ts web/vite.page.ts web/packages/client/src web/packages/react/src web/packages/miniprogram/src
web/shop/dist/index.html: web/node_modules $(shell find $(shop_sources) -type f 2>/dev/null)
	cd web && npm run build:packages && npm run build:shop

web/console/dist/index.html: web/node_modules $(shell find web/console/src web/console/index.html web/console/vite.config.ts web/vite.page.ts -type f 2>/dev/null)
	cd web && npm run build:console

.PHONY: bench
bench: ## Benchmarks: requests beside bare handlers, with BENCH_ORDERS orders; the sandbox under load; latency during an upstream outage, invented codes and expensive operations.
	$(speed) --orders $(BENCH_ORDERS)
	cargo run --quiet --release --package sandbox --example crowd
	scripts/with-databases "sqlite postgres mariadb" -- cargo run --quiet --release --package acceptance --example slow_upstream
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example invented_codes
	scripts/with-databases "sqlite postgres mariadb" -- cargo run --quiet --release --package acceptance --example costly_documents

.PHONY: bench-quick
bench-quick: ## The first benchmark of `make bench` with 10,000 orders and short rounds: three minutes.
	$(speed) --quick

.PHONY: backfill-bench
backfill-bench: ## A backfill of unionIds with BENCH_FOLLOWERS followers, on SQLite and PostgreSQL: its time and its memory.
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example backfill -- \
	  $(BENCH_FOLLOWERS) sqlite postgres

.PHONY: search-bench
search-bench: ## The search of operators with BENCH_PEOPLE people, on SQLite and PostgreSQL.
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example search -- \
	  $(BENCH_PEOPLE) sqlite postgres

.PHONY: upgrade-bench
upgrade-bench: ## The upgrade of an old database with UPGRADE_PEOPLE people and ten orders each, on SQLite and PostgreSQL.
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example upgrade -- \
	  $(UPGRADE_PEOPLE) sqlite postgres

.PHONY: sweep-bench
sweep-bench: ## How long writes take while half a million expired rows are deleted, on SQLite and PostgreSQL.
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example sweep -- \
	  500000 sqlite postgres

.PHONY: sockets-bench
sockets-bench: ## A thousand sockets that follow orders, on SQLite and PostgreSQL: memory, processor time, and the delay of a change.
	cargo build --quiet --release --package api
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example sockets -- \
	  1000 sqlite postgres

.PHONY: import-bench
import-bench: ## An import of BENCH_ORDERS orders, on SQLite and PostgreSQL: its rate, and that of the database alone.
	cargo build --quiet --release --package api
	scripts/with-databases "sqlite postgres" -- cargo run --quiet --release --package acceptance --example import_orders -- \
	  $(BENCH_ORDERS) sqlite postgres

.PHONY: generate
generate: web/node_modules ## Generates the schema and the list of errors from the code, and the types of the client packages from the schema.
	cargo build --quiet --package api
	target/debug/guiyi schema > schema.graphql
	target/debug/guiyi errors > docs/errors.md
	cd web && npm run codegen

.PHONY: ha-rolling-restart ha-pgbouncer ha-patroni ha-galera ha-oceanbase ha-backup
ha-rolling-restart: ## Three processes behind HAProxy are restarted under load: no request may fail.
	scripts/ha/rolling-restart

ha-pgbouncer: ## The service through PgBouncer in transaction mode.
	scripts/ha/pgbouncer

ha-patroni: ## PostgreSQL with Patroni: the primary is killed under load, and nothing acknowledged may be lost.
	scripts/ha/patroni

ha-galera: ## MariaDB with Galera: writes on three nodes, one of which is killed and joins again.
	scripts/ha/galera

ha-backup: ## Backups of all databases are restored into empty ones, and everyone signs in again.
	scripts/ha/backup

ha-oceanbase: ## The service on OceanBase's single-node edition.
	scripts/ha/oceanbase

.PHONY: soak
soak: ## A day's mix at RATE operations a second (500) for MINUTES (60), with a fault a minute: no leak, no wrong answer.
	scripts/ha/soak

.PHONY: release
release: web ## What a release consists of, in target/dist: a static binary without the sandbox, a Debian package, an SBOM, check sums.
	scripts/release/build

.PHONY: test-dist
test-dist: ## What `make release` made: the archives, and the package in an empty Debian; the system calls that the unit allows.
	scripts/release/dist-test

.PHONY: test-fresh-machine
test-fresh-machine: ## The commands of docs/deploy.md on an empty Debian with systemd, PostgreSQL and Caddy, with what `make release` made.
	scripts/release/fresh-machine-test

.PHONY: test-containers
test-containers: ## The commands of docs/deploy.md for containers, with Docker, Compose, PostgreSQL and Caddy. Builds the image.
	scripts/release/containers-test
