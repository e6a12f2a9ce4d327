# `make run` serves, `make test` checks everything, `make bench` measures.

CARGO_BUILD_JOBS ?= 2
export CARGO_BUILD_JOBS

.PHONY: run build test test-tools test-rust lint test-sdk bench

run: build
	./target/release/llm-router

build:
	cargo build --release --locked

test: lint test-rust test-sdk

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

# Proxies for the tests of the way out. Where the user may not install them, those tests say so.
test-tools:
	@if ! command -v tinyproxy >/dev/null || ! command -v microsocks >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends tinyproxy-bin microsocks; \
		else \
			echo "tinyproxy and microsocks are not installed: tests through proxies are skipped"; \
		fi; \
	fi

test-rust: test-tools
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --locked; \
	else \
		cargo test --locked; \
	fi

test-sdk:
	cargo build --locked
	cd tests/sdk && npm ci --no-audit --no-fund && npm test

bench:
	cargo bench --locked --bench gateway
