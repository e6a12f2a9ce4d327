# `make run` serves, `make test` checks everything, `make bench` measures.

CARGO_BUILD_JOBS ?= 2
export CARGO_BUILD_JOBS

.PHONY: run build test test-rust lint test-sdk bench

run: build
	./target/release/llm-router

build:
	cargo build --release --locked

test: lint test-rust test-sdk

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

test-rust:
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
