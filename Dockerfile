# syntax=docker/dockerfile:1

# The console's pages are the same on every platform, and so built on that of the machine.
FROM --platform=$BUILDPLATFORM node:22-bookworm-slim AS console
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY Cargo.toml router.toml /src/
COPY frontend ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS build
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends make python3 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The crates are a layer of their own, built with nothing of the router in it: it stays until Cargo.lock changes.
COPY .cargo .cargo
COPY Cargo.toml Cargo.lock build.rs ./
RUN mkdir src benches \
    && echo 'fn main() {}' >src/main.rs \
    && cp src/main.rs benches/access.rs \
    && cp src/main.rs benches/routing.rs \
    && touch src/lib.rs \
    && cargo build --release --locked
COPY Makefile LICENSE router.toml capabilities.toml prices.toml ./
COPY deploy/package deploy/package
COPY migrations migrations
COPY src src
COPY --from=console /src/frontend frontend
# Cargo goes by the time of a file, and those that were copied are older than the empty ones before them.
RUN touch src/main.rs src/lib.rs frontend/dist/index.html \
    && make build licences CARGO_BUILD_JOBS="$(nproc)" \
    && mkdir data

# glibc and the router: no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="LLM Router" \
    org.opencontainers.image.description="One self-hosted REST interface in front of every language model provider" \
    org.opencontainers.image.licenses="MIT"
COPY --from=build /src/target/release/llm-router /src/target/release/llm-router.debug /usr/local/bin/
COPY --from=build /src/router.toml /etc/llm-router/router.toml
COPY --from=build /src/LICENSE /src/target/THIRD-PARTY.txt /usr/share/doc/llm-router/
COPY --from=build --chown=65532:65532 /src/data /data
ENV LLM_ROUTER_MODEL_CONFIG=/etc/llm-router/router.toml \
    LLM_ROUTER_DATABASE_URL=sqlite:///data/llm_router.db
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s --retries=3 CMD ["/usr/local/bin/llm-router", "health"]
ENTRYPOINT ["/usr/local/bin/llm-router"]
CMD ["serve"]
