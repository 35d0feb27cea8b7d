# The image of Guiyi: one file, the certificates of the authorities, and nothing else. It runs as an ordinary user on a
# read-only file system. See docs/deploy.md.
#
#   docker build --build-arg GUIYI_COMMIT=$(git rev-parse --short=12 HEAD) \
#     --build-arg SOURCE_DATE_EPOCH=$(git show -s --format=%ct) --tag guiyi .

ARG NODE_IMAGE=docker.io/library/node:20-bookworm-slim
ARG RUST_IMAGE=docker.io/library/rust:1.95-alpine

# ── the playground and the console, which are part of the binary ──
FROM ${NODE_IMAGE} AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
COPY web/packages/client/package.json packages/client/
COPY web/packages/miniprogram/package.json packages/miniprogram/
COPY web/packages/react/package.json packages/react/
COPY web/packages/vue/package.json packages/vue/
COPY web/playground/package.json playground/
COPY web/shop/package.json shop/
COPY web/console/package.json console/
RUN npm ci --no-audit --no-fund
COPY schema.graphql /src/
COPY web ./
RUN npm run build:playground && npm run build:console

# ── the binary ──
FROM ${RUST_IMAGE} AS build
WORKDIR /src
# The commit and its date, for `guiyi --version`: `.git` is not part of the context.
ARG GUIYI_COMMIT=
ARG SOURCE_DATE_EPOCH=
COPY . .
COPY --from=web /src/web/dist web/dist
COPY --from=web /src/web/console/dist web/console/dist
# Statically linked with musl, for an image without a C library.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    target="$(uname -m)-unknown-linux-musl" && \
    cargo build --release --package api --no-default-features --locked --target "$target" && \
    mkdir -p /image/etc/ssl/certs /image/usr/bin /image/etc/guiyi /image/var/lib/guiyi && \
    cp "target/$target/release/guiyi" /image/usr/bin/guiyi && \
    cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ && \
    printf 'guiyi:x:65532:65532::/var/lib/guiyi:/sbin/nologin\n' > /image/etc/passwd && \
    printf 'guiyi:x:65532:\n' > /image/etc/group && \
    chmod 0700 /image/var/lib/guiyi && chown 65532:65532 /image/var/lib/guiyi

# ── the image ──
FROM scratch
COPY --from=build /image/ /
USER 65532:65532
WORKDIR /var/lib/guiyi
# All interfaces of the container; mode "production" refuses what is only for trying out.
ENV GUIYI_CONFIG=/etc/guiyi/guiyi.toml GUIYI_HTTP__LISTEN=0.0.0.0:8000
EXPOSE 8000
# Only a database of SQLite writes there.
VOLUME ["/var/lib/guiyi"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/guiyi", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/guiyi"]
CMD ["serve"]
