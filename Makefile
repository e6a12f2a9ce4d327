# `make run` serves what is soon built, `make build` makes what is fast. `make test` checks everything that is quick. The rest
# takes its time:
# `make test-local` (real runtimes), `make test-crash`, `make test-restart`, `make fuzz`, `make soak`, `make bench`.

CARGO_BUILD_JOBS ?= 2
export CARGO_BUILD_JOBS

.PHONY: run build console test test-console console-tools screenshots test-tools test-rust lint test-sdk test-agents test-api test-monitoring test-local test-crash test-restart test-systemd install uninstall fuzz soak bench bench-routing bench-store bench-console

run: console
	cargo build --profile quick --locked
	./target/quick/llm-router

# The debug information goes into a file of its own, two thirds of what is linked. Backtraces find it beside the binary
# or in its folder .debug; without it they name functions, without files and lines.
RELEASE = target/release/llm-router
SPLIT_DEBUG = if command -v objcopy >/dev/null && readelf -SW $(RELEASE) 2>/dev/null | grep -q debug_info; then \
	objcopy --only-keep-debug --compress-debug-sections=zlib $(RELEASE) $(RELEASE).debug && \
	objcopy --strip-debug --add-gnu-debuglink=$(RELEASE).debug $(RELEASE) $(RELEASE).stripped && \
	mv $(RELEASE).stripped $(RELEASE); fi

build: console
	cargo build --release --locked
	@$(SPLIT_DEBUG)

# The console, when its sources are newer than what was built of them. Needs Node.js 20 or newer; without it the router
# is built all the same, with the console that is there, or with a page that says how to build one.
HAS_NODE = node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null && npm --version >/dev/null 2>&1
CONSOLE_MODULES = if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then npm ci --no-audit --no-fund; fi
CONSOLE_SOURCES = frontend/src frontend/public frontend/build frontend/index.html frontend/vite.config.ts \
	frontend/tsconfig.json frontend/package.json frontend/package-lock.json Cargo.toml

console:
	@if [ -f frontend/dist/index.html ] && \
		[ -z "$$(find $(CONSOLE_SOURCES) -type f -newer frontend/dist/index.html | head -n 1)" ]; then \
		true; \
	elif $(HAS_NODE); then \
		cd frontend && $(CONSOLE_MODULES) && npm run build; \
	elif [ -f frontend/dist/index.html ]; then \
		echo "Node.js 20 or newer is not installed: the console is embedded as it was built before"; \
	else \
		echo "Node.js 20 or newer is not installed: the router is built without its console"; \
	fi

test: lint lint-packages test-rust test-sdk test-agents-quick test-api test-monitoring test-proxy test-systemd test-console

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --test soak -- -D warnings

# Dockerfile and compose.yaml: hadolint, the schema of compose files, and what they are built from; and the documents'
# links, commands and quotations.
.PHONY: lint-packages
lint-packages:
	python3 -B tests/packages/run.py

# Proxies for the tests of the way out, and what makes another host for those of the way in. Where the user may not
# install them, those tests say so; with REQUIRE_TOOLS=1, as in `.ci/run`, they fail.
test-tools:
	@if ! command -v tinyproxy >/dev/null || ! command -v microsocks >/dev/null || \
		! command -v curl >/dev/null || ! command -v ip >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && \
			apt-get install -y -qq --no-install-recommends tinyproxy-bin microsocks curl iproute2; \
		else \
			echo "tinyproxy, microsocks, curl or ip is not installed: tests with them are skipped, with REQUIRE_TOOLS=1 they fail"; \
		fi; \
	fi
	@for tests in otlp schema http2; do \
		if ! cmp -s tests/$$tests/requirements.txt tests/$$tests/.venv/installed; then \
			rm -rf tests/$$tests/.venv && python3 -m venv tests/$$tests/.venv && \
			tests/$$tests/.venv/bin/pip install --quiet --disable-pip-version-check -r tests/$$tests/requirements.txt && \
			cp tests/$$tests/requirements.txt tests/$$tests/.venv/installed || \
			{ rm -rf tests/$$tests/.venv; \
			echo "what tests/$$tests/requirements.txt lists cannot be installed: the test with it is skipped, with REQUIRE_TOOLS=1 it fails"; }; \
		fi; \
	done

# Debian's browser, and letters for Chinese, for the console's stories.
console-tools:
	@if ! command -v chromium-headless-shell >/dev/null || ! fc-list 2>/dev/null | grep -q "Noto Sans CJK"; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && \
			apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-noto-cjk fontconfig; \
		fi; \
	fi

# The console: its sources, what is built of them, and its stories in a browser in front of the real router. Where Node
# or the browser cannot be had they are skipped; with REQUIRE_TOOLS=1 that fails.
test-console: console-tools
	@if ! { $(HAS_NODE); }; then \
		echo "Node.js 20 or newer is not installed: the console is not tested"; test -z "$(REQUIRE_TOOLS)"; exit; \
	fi; \
	cargo build --locked && cd frontend && $(CONSOLE_MODULES) && npm run check && \
	if [ -n "$(CHROMIUM)" ] || command -v chromium-headless-shell >/dev/null; then \
		npm run e2e; \
	else \
		echo "chromium-headless-shell is not installed: the console's stories are skipped"; test -z "$(REQUIRE_TOOLS)"; \
	fi

# Every page into docs/images/, in English and light and in Chinese and dark.
screenshots: console console-tools
	@if ! command -v pngquant >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends pngquant; \
	fi
	cargo build --locked
	cd frontend && npm run screenshots
	@if command -v pngquant >/dev/null; then \
		pngquant --force --skip-if-larger --strip --speed 1 --ext .png docs/images/*.png || test $$? -ge 98; \
	else \
		echo "pngquant is not installed: the pictures are larger than they need to be"; \
	fi

# How smooth the list of calls is with CONSOLE_CALLS of them, and how soon a body of 5 MB can be read.
bench-console: console console-tools
	cargo build --release --locked
	cd frontend && LLM_ROUTER_BIN=$(CURDIR)/target/release/llm-router npm run speed

test-rust: test-tools
	@if cargo nextest --version >/dev/null 2>&1; then \
		cargo nextest run --locked; \
	else \
		cargo test --locked; \
	fi

# What the OpenAPI document allows and much that it does not, against a running router.
test-api:
	cargo build --locked
	python3 -B tests/api/run.py

# A real Prometheus reads the router: alert rules, and every query of the Grafana dashboard. Debian's package is
# unpacked where there is none.
test-monitoring:
	cargo build --locked
	python3 -B tests/monitoring/run.py

# The router behind nginx and Caddy, with the configurations that docs/OPERATIONS.md shows. Debian's packages are unpacked
# where there are none.
.PHONY: test-proxy
test-proxy:
	cargo build --locked
	python3 -B tests/proxy/run.py

# The router in front of real servers with a tiny model that the test makes itself.
test-local:
	cargo build --locked
	python3 tests/local/install.py
	cd tests/local && .venv/bin/python -B -m unittest

FUZZ_SECONDS ?= 600

# Every decoder against whatever an upstream may send.
fuzz:
	@cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz
	@cp Cargo.lock fuzz/Cargo.lock
	@for target in $$(cargo fuzz list); do \
		mkdir -p fuzz/corpus/$$target && \
		cargo fuzz run -s none $$target fuzz/corpus/$$target tests/fixtures/*/ -- \
			-dict=fuzz/dictionaries/$${target#*_}.dict -max_total_time=$(FUZZ_SECONDS) \
			-max_len=65536 -timeout=10 -rss_limit_mb=2048 || exit 1; \
	done

# The SDKs of OpenAI, Anthropic, Google and Ollama, in JavaScript and in Python, and the examples of docs/API.md.
SDK_VENV = if ! cmp -s requirements.txt .venv/installed; then rm -rf .venv && python3 -m venv .venv && \
	.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt && cp requirements.txt .venv/installed; fi
test-sdk:
	cargo build --locked
	cd tests/sdk && npm ci --no-audit --no-fund && npm test
	cd tests/sdk-python && $(SDK_VENV) && .venv/bin/python -B -m unittest
	python3 -B tests/docs/run.py

# Real agents, each with a home and a network of its own, against scripted providers; needs Node and the packages of
# tests/agents. AGENTS=WORD, or several words: only the cases whose names hold them; `python3 -B tests/agents/run.py --list`.
AGENTS ?=
AGENTS_MODULES = if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then npm ci --ignore-scripts --no-audit --no-fund; fi
test-agents:
	cargo build --locked
	cd tests/agents && $(AGENTS_MODULES)
	python3 -B tests/agents/run.py $(AGENTS)

# A few of these cases. Where Node or the agents cannot be had they are skipped; with REQUIRE_TOOLS=1 that fails.
.PHONY: test-agents-quick
test-agents-quick:
	@if ! { $(HAS_NODE); }; then \
		echo "Node.js 20 or newer is not installed: no agents are tried"; test -z "$(REQUIRE_TOOLS)"; exit; \
	fi; \
	if ! (cd tests/agents && $(AGENTS_MODULES)); then \
		echo "the agents cannot be installed: none are tried"; test -z "$(REQUIRE_TOOLS)"; exit; \
	fi; \
	cargo build --locked && python3 -B tests/agents/run.py --quick

# The router under load for SOAK_SECONDS, while a third of the upstreams' answers fail and its file is saved every two
# seconds.
soak:
	cargo test --locked --test soak

# The router killed ten times, stopped five times and its file saved a thousand times under load; a smaller load is
# part of `make test`.
test-crash:
	CRASH_KILLS=10 CRASH_LOAD_MS=3000 RELOADS=1000 cargo test --locked --release --test crash -- --nocapture --test-threads=1

# The router replaced under 2,000 calls a second and 200 open streams; a smaller load is part of `make test`.
test-restart:
	RESTARTS=4 RESTART_RATE=2000 RESTART_STREAMS=200 RESTART_LOAD_MS=4000 STREAM_MS=5000 \
		cargo test --locked --release --test restart -- --nocapture --test-threads=1

# The service under a real systemd in namespaces of its own.
test-systemd:
	cargo build --locked
	python3 -B tests/systemd/run.py

# What was built, and the service. A configuration that is there stays. As root: `make build`, then
# `sudo make install`, `sudo systemctl enable --now llm-router`.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/systemd/system
SYSUSERSDIR ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,/etc)/sysusers.d
BINARY ?= $(RELEASE)
INSTALLED_SHARE = $(DESTDIR)$(PREFIX)/share
COMPLETIONS = bash:bash-completion/completions/llm-router zsh:zsh/site-functions/_llm-router \
	fish:fish/vendor_completions.d/llm-router.fish

install:
	@test -x $(BINARY) || { echo "$(BINARY) is not there: run make build first"; exit 1; }
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/llm-router
	@mkdir -p $(DESTDIR)$(UNITDIR)
	sed 's#/usr/local/bin/#$(PREFIX)/bin/#' deploy/systemd/llm-router.service > $(DESTDIR)$(UNITDIR)/llm-router.service
	install -m 644 deploy/systemd/llm-router.socket $(DESTDIR)$(UNITDIR)/llm-router.socket
	install -D -m 644 deploy/systemd/llm-router.sysusers $(DESTDIR)$(SYSUSERSDIR)/llm-router.conf
	@mkdir -p $(INSTALLED_SHARE)/man/man1 && $(BINARY) man > $(INSTALLED_SHARE)/man/man1/llm-router.1
	@for each in $(COMPLETIONS); do \
		mkdir -p $$(dirname $(INSTALLED_SHARE)/$${each#*:}) && \
		$(BINARY) completions $${each%%:*} > $(INSTALLED_SHARE)/$${each#*:} || exit 1; \
	done
	@if [ -z "$(DESTDIR)" ] && command -v systemd-sysusers >/dev/null; then \
		systemd-sysusers $(SYSUSERSDIR)/llm-router.conf; \
	fi
	@mkdir -p $(DESTDIR)$(SYSCONFDIR)/llm-router
	@if ! [ -e $(DESTDIR)$(SYSCONFDIR)/llm-router/router.toml ]; then \
		install -m 640 router.toml $(DESTDIR)$(SYSCONFDIR)/llm-router/router.toml; \
		if [ -z "$(DESTDIR)" ]; then chgrp llm-router $(SYSCONFDIR)/llm-router/router.toml; fi; \
	fi
	@test -e $(DESTDIR)$(SYSCONFDIR)/llm-router/environment || \
		install -m 600 deploy/systemd/environment $(DESTDIR)$(SYSCONFDIR)/llm-router/environment
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

# Stops the service. Configuration, database and user stay.
uninstall:
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
		systemctl disable --now llm-router.socket llm-router.service || true; \
	fi
	rm -f $(DESTDIR)$(PREFIX)/bin/llm-router $(DESTDIR)$(UNITDIR)/llm-router.service \
		$(DESTDIR)$(UNITDIR)/llm-router.socket $(DESTDIR)$(SYSUSERSDIR)/llm-router.conf \
		$(INSTALLED_SHARE)/man/man1/llm-router.1 $(foreach each,$(COMPLETIONS),$(INSTALLED_SHARE)/$(lastword $(subst :, ,$(each))))
	@if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi

bench:
	cargo bench --locked --bench gateway

# How long a choice among 1,000 models takes.
bench-routing:
	cargo bench --locked --bench routing

# What a record costs, how fast figures are read, and how much memory that takes.
STORE_CALLS ?= 10000000
bench-store:
	cargo bench --locked --bench store -- $(STORE_CALLS)

# What the router is made of: licences, versions and sources of the crates, crates that nothing uses, known
# vulnerabilities. The tools are built when they are missing, which takes minutes.
.PHONY: audit deny machete npm-audit sbom licences
audit: deny machete npm-audit

deny:
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
	cargo deny --locked check --hide-inclusion-graph licenses bans sources
	@if cargo deny --locked fetch db >/dev/null 2>&1; then \
		cargo deny --locked check --disable-fetch advisories; \
	else \
		echo "RustSec's database cannot be fetched: the crates were not held against known vulnerabilities"; \
		test -z "$(REQUIRE_TOOLS)"; \
	fi

machete:
	@cargo machete --version >/dev/null 2>&1 || cargo install --locked cargo-machete
	cargo machete

npm-audit:
	@mkdir -p target && cd frontend && \
	if npm audit --package-lock-only --json >../target/npm-audit.json 2>/dev/null; then \
		echo "npm audit: no known vulnerability"; \
	elif grep -q '"auditReportVersion"' ../target/npm-audit.json; then \
		npm audit --package-lock-only; \
	else \
		echo "the npm registry does not say: the packages were not held against known vulnerabilities"; \
		test -z "$(REQUIRE_TOOLS)"; \
	fi

# CycloneDX: target/sbom/llm-router.cdx.json has the crates, target/sbom/console.cdx.json the packages of its pages.
sbom:
	@cargo cyclonedx --version >/dev/null 2>&1 || cargo install --locked cargo-cyclonedx
	@rm -rf target/sbom && mkdir -p target/sbom/console
	cargo cyclonedx --quiet --format json --spec-version 1.5 --override-filename llm-router.cdx
	@mv llm-router.cdx.json target/sbom/
	@cp frontend/package.json frontend/package-lock.json target/sbom/console/
	cd target/sbom/console && npm pkg set version="$$(sed -n 's/^version = "\(.*\)"$$/\1/p' ../../../Cargo.toml | head -n 1)" && \
		npm sbom --sbom-format cyclonedx --package-lock-only --omit dev >../console.cdx.json
	@rm -r target/sbom/console && ls target/sbom/*

# The licences that a package has to bring along.
licences: console
	python3 -B deploy/package/third_party.py target/THIRD-PARTY.txt

# A package for Debian and Ubuntu, in target/debian, of what `make install` lays out. `make deb BUILT=FILE` packs a binary
# that is there already; DEB_FLAGS=--fast compresses it less.
.PHONY: deb test-deb
BUILT ?=
DEB_FLAGS ?=
deb: $(if $(BUILT),,build) licences
	@cargo deb --version >/dev/null 2>&1 || cargo install --locked cargo-deb
	@rm -rf target/package && mkdir -p target/package
	@$(MAKE) --no-print-directory install DESTDIR=target/package PREFIX=/usr $(if $(BUILT),BINARY=$(BUILT))
	@printf 'llm-router (%s-1) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' \
		"$$(sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml | head -n 1)" \
		"$$(sed -n 's/^maintainer = "\(.*\)"$$/\1/p' Cargo.toml)" \
		"$$(git log -1 --format=%aD 2>/dev/null || date -R)" >target/package/changelog
	@rm -f target/debian/*.deb
	cargo deb --no-build --no-strip --locked $(DEB_FLAGS)

# The package is held against Debian's rules, and installed, upgraded, removed and purged. As root, on Debian.
test-deb: deb
	@command -v lintian >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends lintian; }
	lintian --fail-on error,warning target/debian/*.deb
	sh tests/packages/deb.sh target/debian/*.deb
