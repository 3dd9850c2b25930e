import { type LargeNautobot, startLargeNautobot } from '../nautobot/large/large-nautobot.ts'
import { seededRandom } from '../nautobot/large/questions.ts'
import type { CallTool } from '../support/tool-client.ts'
import { median, percentile } from './load.ts'
import { type Finding, round } from './targets.ts'
import { startTimingProxy } from './timing-proxy.ts'

const CALLS = 60
const SEED = 7
const P95 = 0.95

type ToolName = 'count' | 'find' | 'get' | 'describe'
type Args = Readonly<Record<string, unknown>>

interface Figures {
  readonly requests: number[]
  readonly nautobotMs: number[]
  /** From the call to its answer, without Nautobot's time. */
  readonly oursMs: number[]
}

/** Each question is another one: a run's memory answers the same one at once. */
function questionsOf(names: readonly string[]): Readonly<Record<ToolName, Args[]>> {
  const random = seededRandom(SEED)
  const each = <T>(make: (name: string) => T) =>
    Array.from({ length: CALLS }, () => names[Math.floor(random() * names.length)] ?? '').map(make)
  const model = 'devices'
  return {
    count: each((name) => ({ model, filters: { name__n: name }, group_by: 'role' })),
    find: each((name) => ({ model, filters: { name__n: name }, limit: 50 })),
    get: each((object) => ({ model, object })),
    describe: each(() => ({ model }))
  }
}

/** What the tools cost besides Nautobot, with thousands of devices, one warm call after another. */
export async function measureTools(): Promise<Finding[]> {
  const large = await startLargeNautobot()
  try {
    return await measure(large)
  } finally {
    await large.stop()
  }
}

async function measure({ nautobot, openTools }: LargeNautobot): Promise<Finding[]> {
  const proxy = await startTimingProxy(nautobot.url)
  try {
    const { alice } = await openTools(proxy.url)
    const names = await nautobot.sql(
      "SELECT name FROM dcim_device WHERE name LIKE '%-swi-%' ORDER BY md5(id::text) LIMIT 500"
    )
    const figures = new Map<ToolName, Figures>()
    for (const [tool, asked] of Object.entries(questionsOf(names.split('\n'))))
      figures.set(tool as ToolName, await measureTool(alice, tool as ToolName, asked, proxy))
    return [report(figures)]
  } finally {
    await proxy.stop()
  }
}

async function measureTool(
  call: CallTool,
  tool: ToolName,
  [first, ...asked]: readonly Args[],
  proxy: Awaited<ReturnType<typeof startTimingProxy>>
): Promise<Figures> {
  const figures: Figures = { requests: [], nautobotMs: [], oursMs: [] }
  // The first one reads what the others need.
  if (first) await call(tool, first)
  for (const args of asked) {
    const before = proxy.taken()
    const startedAt = performance.now()
    const { isError, text } = await call(tool, args)
    const durationMs = performance.now() - startedAt
    if (isError) throw new Error(`${tool} ${JSON.stringify(args)}: ${JSON.stringify(text.error)}`)
    const { requests, busyMs } = proxy.taken()
    figures.requests.push(requests - before.requests)
    figures.nautobotMs.push(busyMs - before.busyMs)
    figures.oursMs.push(durationMs - (busyMs - before.busyMs))
  }
  return figures
}

function report(figures: ReadonlyMap<ToolName, Figures>): Finding {
  console.log(`\n${CALLS} warm calls of each tool, one at a time, 6,000 devices`)
  console.table(
    [...figures].map(([tool, { requests, nautobotMs, oursMs }]) => ({
      tool,
      'requests, most': Math.max(...requests),
      'Nautobot ms': round(median(nautobotMs)),
      'ours ms': round(median(oursMs)),
      'ours ms, p95': round(percentile(oursMs, P95))
    }))
  )
  return { id: 'tools', value: Math.max(...[...figures.values()].map((one) => median(one.oursMs))) }
}
