import { type AppOptions, buildApp } from '../src/app.ts'
import { describeEnvironment } from '../src/config-schema.ts'
import { ERROR_KINDS } from '../src/errors.ts'
import { createLogger } from '../src/platform/logger.ts'
import { createMetrics, describeMetrics } from '../src/platform/metrics.ts'
import { createHelmReadme } from './helm-readme.ts'

/** Every document that is made from the code, by its path in the repository. */
export async function createDocuments(version: string): Promise<Map<string, string>> {
  return new Map([
    ['openapi/openapi.json', await createOpenApi(version)],
    ['openapi/errors.md', createErrorTable()],
    ['docs/environment.md', createEnvironmentTable()],
    ['docs/metrics.md', await createMetricsTable()],
    ['helm/README.md', await createHelmReadme()]
  ])
}

async function createOpenApi(version: string): Promise<string> {
  const app = await buildApp(createIdleOptions(version))
  try {
    await app.ready()
    return `${JSON.stringify(app.swagger(), undefined, 2)}\n`
  } finally {
    await app.close()
  }
}

/** An app that is asked for its document alone: whatever else it would do, it must not. */
function createIdleOptions(version: string): AppOptions {
  const refuseNow = (): never => {
    throw new Error('Made for its document alone')
  }
  const refuse = async (): Promise<never> => refuseNow()
  return {
    environment: 'PROD',
    version,
    host: '127.0.0.1',
    nautobotPublicUrl: 'https://nautobot.example.com',
    webRoot: '/nonexistent',
    heartbeatMs: 1000,
    rateLimitPerMinute: 1,
    logger: createLogger({ level: 'silent', version }),
    metrics: createMetrics({ version }),
    authenticate: refuse,
    readiness: () => ({ isReady: false, isDraining: false, reasons: [] }),
    runs: {
      start: refuse,
      view: refuse,
      cancel: refuse,
      decide: refuse,
      answer: refuse,
      drain: refuse,
      events: () => ({ [Symbol.asyncIterator]: () => ({ next: refuse }) })
    },
    conversations: {
      list: refuse,
      read: refuse,
      rename: refuse,
      remove: refuse,
      removeAll: refuse
    },
    configuration: {
      reader: { list: refuse, read: refuse },
      writer: { create: refuse, update: refuse, remove: refuse },
      userTokens: { forCaller: refuse, forget: () => undefined }
    },
    mcpHealth: { checkAll: refuse, checkNow: refuse, known: refuse },
    mcpTools: { list: refuse, refresh: refuse, changed: refuse },
    modelProbes: { probe: refuse, last: refuse, lastOf: refuse },
    scheduler: { list: async () => [], run: refuse },
    toolServerFor: refuseNow,
    chatOptions: { currentCatalog: refuse, userToken: refuse }
  }
}

function createErrorTable(): string {
  const rows = Object.entries(ERROR_KINDS).map(
    ([code, { status, retryable, help }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${help} |`
  )
  return `# Errors

Every failure has the body \`{"error": {"code", "message", "retryable", "details"?}}\`. The code is the contract; the
message is for people and may change. Made from \`src/errors.ts\` by \`npm run openapi\`.

| code | status | may succeed later | what to do |
|---|---|---|---|
${rows.join('\n')}
`
}

function createEnvironmentTable(): string {
  return `# Environment variables

Read once at start; a bad or missing one stops the start, and so does an unknown one that begins with \`AI_OPS_\`: every
such variable is named at once. What is set and has no effect is a warning in the log. An empty variable counts as unset,
unless the table says otherwise. Made from \`src/config-schema.ts\` by \`npm run openapi\`.

${describeEnvironment()}
`
}

async function createMetricsTable(): Promise<string> {
  return `# Metrics

At \`/metrics\` for Prometheus, beside Node's own. Labels come from lists in the code, or are names of models and
tools in the configuration: the first 50 and 150 of them, \`other\` for the rest. Made from
\`src/platform/metrics.ts\` by \`npm run openapi\`.

${await describeMetrics()}
`
}
