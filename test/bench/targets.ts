export type TargetId =
  | 'P1'
  | 'P2'
  | 'P3'
  | 'P4'
  | 'P5'
  | 'P6'
  | 'P7'
  | 'P8'
  | 'P9'
  | 'tools'
  | 'servers'
  | 'dead servers'

interface Target {
  readonly what: string
  readonly unit: string
  /** What has to be. */
  readonly must: Bound
  /** What is hoped for. */
  readonly aim?: Bound
}

interface Bound {
  readonly text: string
  readonly isMet: (value: number) => boolean
}

/** What a part of the bench found. `value` is NaN where it could not be measured: not met. */
export interface Finding {
  readonly id: TargetId
  readonly value: number
  /** Stands in for `aim` where that is another side's value of the same run. */
  readonly aim?: Bound
}

export const atMost = (limit: number, text = `≤ ${limit}`): Bound => ({
  text,
  isMet: (value) => value <= limit
})
const below = (limit: number): Bound => ({ text: `< ${limit}`, isMet: (value) => value < limit })
const atLeast = (limit: number): Bound => ({ text: `≥ ${limit}`, isMet: (value) => value >= limit })

const TARGETS: Readonly<Record<TargetId, Target>> = {
  P1: { what: 'added time to first text, one stream', unit: 'ms', must: atMost(15) },
  P2: {
    what: 'CPU per turn, of the bare graph',
    unit: 'times',
    must: atMost(1.5),
    aim: below(1)
  },
  P3: {
    what: 'streams at 20 ms a token, p99 to first text ≤ 1 s',
    unit: 'per core',
    must: atLeast(100),
    aim: atLeast(300)
  },
  P4: {
    what: 'answered chats of 20 tokens',
    unit: 'per second and core',
    must: atLeast(50),
    aim: atLeast(100)
  },
  P5: { what: 'stop reaches the model, other replica, worst', unit: 'ms', must: below(500) },
  P6: { what: 'resume on another replica, worst', unit: 'ms', must: below(300) },
  P7: {
    what: 'bytes in Redis at turn 50, of the messages',
    unit: 'times',
    must: atMost(0.5),
    aim: atMost(0.25)
  },
  P8: {
    what: 'put or get at turn 50, of the official layout, slower one',
    unit: 'times',
    must: atMost(0.5)
  },
  P9: { what: 'Nautobot requests per question', unit: '', must: atMost(0) },
  servers: {
    what: 'time to first text that 100 MCP servers add, warm',
    unit: 'ms',
    must: atMost(25)
  },
  'dead servers': {
    what: 'time to first text that a dead third of them adds, warm',
    unit: 'ms',
    must: atMost(5)
  },
  tools: { what: 'time of a tool beside Nautobot, slowest tool', unit: 'ms', must: below(5) }
}

export function isTargetId(text: string): text is TargetId {
  return Object.hasOwn(TARGETS, text)
}

/** One line of the table that the bench ends with. */
export function verdict({ id, value, aim = TARGETS[id].aim }: Finding): object {
  const { what, unit, must } = TARGETS[id]
  const said = (bound: Bound | undefined) =>
    bound ? `${bound.text} ${bound.isMet(value) ? 'met' : 'NOT MET'}` : ''
  return { id, what, value: shown(value), unit, target: said(must), aim: said(aim) }
}

/** NaN is what never came. */
export function shown(value: number): number | string {
  return Number.isNaN(value) ? 'never' : round(value)
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
