# Two stages with the same libc: better-sqlite3 brings a native module.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY src ./src
COPY schemas ./schemas
COPY scripts ./scripts
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY package.json ./
COPY bin ./bin
COPY schemas ./schemas
COPY scripts ./scripts
RUN mkdir /state /manifests && chown node:node /state
USER node
# The only place that is written: run with a read-only root file system and one volume here.
VOLUME /state
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/bin/capstan.js"]
CMD ["up", "/manifests", "--data", "/state", "--log-format", "json"]
