import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { ERROR_KINDS } from '../../src/errors.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { chart, render, values } from './support/chart.ts'
import { ensureHelm } from './support/helm.ts'
import { ensurePromtool } from './support/judges.ts'

const run = promisify(execFile)
const ALERTS = join(chart, 'files/alerts.yaml')
/** What Prometheus adds to every series that it reads from a pod. */
const TARGET_LABELS = ['namespace', 'pod', 'le']

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

let promtool: string

beforeAll(async () => {
  await ensureHelm(4)
  promtool = await ensurePromtool()
}, 300_000)

const readRules = async (): Promise<Rule[]> =>
  parse(await readFile(ALERTS, 'utf8')).groups.flatMap(({ rules }: { rules: Rule[] }) => rules)

async function readDashboard(): Promise<string[]> {
  const { panels } = JSON.parse(await readFile(join(chart, 'files/dashboard.json'), 'utf8'))
  return panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr)
  )
}

/** Names of series as the service writes them, with their labels. */
async function readSeries(): Promise<Map<string, readonly string[]>> {
  const { registry } = createMetrics({ version: '0', withProcess: true })
  const all = registry.getMetricsAsArray() as unknown as {
    name: string
    labelNames: string[]
    type: string
  }[]
  return new Map(
    all.flatMap(({ name, labelNames = [], type }) =>
      (type === 'histogram' ? ['_bucket', '_count', '_sum'] : ['']).map(
        (ending) => [`${name}${ending}`, labelNames] as const
      )
    )
  )
}

/** What an expression names that the service does not have. */
function unknownIn(expression: string, series: ReadonlyMap<string, readonly string[]>): string[] {
  const names = expression.match(/\b(?:ai_ops|nodejs|process)_\w+/g) ?? []
  const labels = [
    ...[...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',')),
    ...[...expression.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label)
  ].map((label) => label.trim())
  const known = new Set([...TARGET_LABELS, ...names.flatMap((name) => series.get(name) ?? [])])
  return [
    ...(names.length === 0 ? [expression] : []),
    ...names.filter((name) => !series.has(name)),
    ...labels.filter((label) => !known.has(label))
  ]
}

it('draws and watches only what the service counts, by labels that it has', async () => {
  const series = await readSeries()
  const rules = await readRules()
  const expressions = [...(await readDashboard()), ...rules.map(({ expr }) => expr)]

  expect(expressions.length).toBeGreaterThan(30)
  expect(expressions.flatMap((expression) => unknownIn(expression, series))).toEqual([])
  expect(unknownIn('sum by (pid) (ai_ops_runs{state="queued"})', series)).toEqual([
    ...['ai_ops_runs', 'pid', 'state']
  ])
})

it('watches for codes that exist', async () => {
  const codes = (await readRules()).flatMap(({ expr }) =>
    [...expr.matchAll(/code="(\w+)"/g)].map(([, code = '']) => code)
  )
  expect(codes.length).toBeGreaterThan(0)
  expect(codes.filter((code) => !(code in ERROR_KINDS))).toEqual([])
})

it('passes what Prometheus itself says of rules', async () => {
  const { stdout } = await run(promtool, ['check', 'rules', ALERTS])
  expect(stdout).toContain('SUCCESS')
})

const series = (name: string, shown: string) => ({ series: name, values: shown })
/** Of half an hour, a reading a minute. */
const FAULTS: readonly (readonly [string, readonly ReturnType<typeof series>[]])[] = [
  ['AiOpsNoReadyReplica', [series('ai_ops_ready{namespace="n",pod="a"}', '0x30')]],
  ['AiOpsNoReadyReplica', []],
  [
    'AiOpsEventListenerDown',
    [series('ai_ops_event_channel_up{namespace="n",pod="a"}', '1x5 0x30')]
  ],
  ['AiOpsRedisDown', [series('ai_ops_redis_up{namespace="n",pod="a"}', '1x10 0x30')]],
  [
    'AiOpsModelFailing',
    [
      series(count('model_call', 'outcome="ok"'), '0+1x30'),
      series(count('model_call', 'outcome="MODEL_FAILED"'), '0+1x30')
    ]
  ],
  [
    'AiOpsNautobotFailing',
    [
      series(count('nautobot_request', 'method="GET",status="2xx"'), '0+1x30'),
      series(count('nautobot_request', 'method="GET",status="none"'), '0+1x30')
    ]
  ],
  ['AiOpsMcpServerFailed', [series('ai_ops_mcp_servers_failed{namespace="n"}', '1x30')]],
  [
    'AiOpsQueueFull',
    [series('ai_ops_http_errors_total{namespace="n",code="TOO_MANY_RUNS"}', '0x10 0+1x30')]
  ],
  ['AiOpsRunsTakenOver', [series('ai_ops_run_take_overs_total{namespace="n"}', '0+2x30')]],
  [
    'AiOpsCatalogOld',
    [series('ai_ops_catalog_loaded_timestamp_seconds{namespace="n",pod="a"}', '1x30')]
  ],
  ['AiOpsJobFailing', [series(count('job', 'job="clean-up",outcome="failed"'), '0+1x30')]]
]

function count(what: string, labels: string): string {
  return `ai_ops_${what}_duration_seconds_count{namespace="n",${labels}}`
}

/** Which alerts fire after 25 minutes of these series, as Prometheus computes it. */
async function firing(input: readonly ReturnType<typeof series>[], alert: string): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'ai-ops-alerts-'))
  onTestFinished(() => rm(place, { recursive: true }))
  const file = join(place, 'test.yaml')
  const tests = [
    {
      interval: '1m',
      input_series: input,
      alert_rule_test: [{ eval_time: '25m', alertname: alert, exp_alerts: [] }]
    }
  ]
  await writeFile(file, JSON.stringify({ rule_files: [ALERTS], evaluation_interval: '1m', tests }))
  return run(promtool, ['test', 'rules', file]).then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr
  )
}

it.each(FAULTS)('[T22] %s fires where it should', async (alert, input) => {
  expect(await firing(input, alert)).toContain(`alertname="${alert}"`)
})

it('[T22] is silent where all is well', async () => {
  const well = [
    series('ai_ops_ready{namespace="n",pod="a"}', '1x30'),
    series('ai_ops_event_channel_up{namespace="n",pod="a"}', '1x30'),
    series('ai_ops_redis_up{namespace="n",pod="a"}', '1x30'),
    series('ai_ops_mcp_servers_failed{namespace="n",pod="a"}', '0x30'),
    series(count('model_call', 'outcome="ok"'), '0+1x30')
  ]
  for (const { alert } of await readRules()) expect(await firing(well, alert)).toBe('')
})

it('watches everything that can be tried, and tries everything that it watches', async () => {
  const tried = new Set(FAULTS.map(([alert]) => alert))
  expect(
    (await readRules()).map(({ alert }) => alert).filter((alert) => !tried.has(alert))
  ).toEqual([])
})

it('gives the rules and the dashboard to the cluster as they are', async () => {
  const manifests = await render(4, values('production'))
  const rule = manifests.find(({ kind }) => kind === 'PrometheusRule')
  const dashboard = manifests.find(({ metadata }) => metadata.name.endsWith('-dashboard'))
  const monitor = manifests.find(({ kind }) => kind === 'ServiceMonitor')

  expect(rule?.spec).toEqual(parse(await readFile(ALERTS, 'utf8')))
  expect(dashboard?.metadata.labels).toMatchObject({ grafana_dashboard: '1' })
  expect(JSON.parse(dashboard?.data?.['ai-ops.json'] ?? '')).toMatchObject({
    uid: 'nautobot-ai-ops'
  })
  expect(monitor?.spec).toMatchObject({
    endpoints: [{ port: 'http', path: '/metrics', honorLabels: true }]
  })
})
