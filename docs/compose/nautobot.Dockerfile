# Nautobot with the app. The chat's script is built first: it travels inside the app.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim
ARG NAUTOBOT_IMAGE=docker.io/networktocode/nautobot:3.2-py3.12

FROM ${NODE_IMAGE} AS chat
WORKDIR /app
COPY . .
RUN npm ci

FROM ${NAUTOBOT_IMAGE}
USER 0
COPY --from=chat /app/nautobot-plugin-shim /tmp/app
RUN pip install --no-cache-dir /tmp/app && rm -rf /tmp/app
USER nautobot
