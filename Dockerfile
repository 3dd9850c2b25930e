# The sidecar. The base is an argument, so that a registry of your own or a digest can take its place; its version is the
# one that everything is tested with.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY LICENSE tsconfig.json ./
COPY helm/image ./helm/image
COPY src ./src
# dist is the whole service, without a folder of packages; what of theirs is inside has to be said.
RUN npm run build && node helm/image/write-contents.ts dist

FROM ${NODE_IMAGE} AS service
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3900
WORKDIR /app
COPY --from=build /app/dist ./
USER 1000:1000

# Everything is loaded and one question asked, as the user and at the paths that it will have: Node keys its cache by both.
FROM service AS compiled
COPY helm/image/warm-up.ts /tmp/
RUN NODE_COMPILE_CACHE=/tmp/compile-cache HOST=127.0.0.1 PORT=0 node /tmp/warm-up.ts

FROM service
COPY --from=compiled /tmp/compile-cache ./.compile-cache
ENV NODE_COMPILE_CACHE=/app/.compile-cache
EXPOSE 3900
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="AI Ops for Nautobot" \
  org.opencontainers.image.description="Ask Nautobot, the source of truth of your network, in plain language" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
# Source maps lie beside the code but are not read: that costs a tenth of the start. NODE_OPTIONS=--enable-source-maps reads them.
CMD ["node", "--import", "./src/platform/early-stop.js", "src/main.js"]
