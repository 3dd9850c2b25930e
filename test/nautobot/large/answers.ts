import type { CallTool } from '../../support/tool-client.ts'
import type { Question } from './questions.ts'

const PAGE_ROWS = 200
/** Longer lists are looked at at their beginning and in their middle. */
const MAX_WHOLE_ROWS = 600
const MAX_OFFSET = 10_000

const MAX_SHOWN_CHARACTERS = 500
/** The shim counts no more groups than that. */
const MAX_GROUPS = 10_000

/** What was asked, what the tool said, and what the database says. */
export type Difference = readonly [user: string, tool: string, asked: string, ...both: string[]]

const shown = (value: unknown) => String(JSON.stringify(value)).slice(0, MAX_SHOWN_CHARACTERS)

/** Undefined when a tool's answer is what the database says. */
export async function ask(
  call: CallTool,
  question: Question,
  expected: unknown
): Promise<Difference | undefined> {
  const { model, args, user, tool } = question
  const isRight = tool === 'find' ? findIsRight : countIsRight
  const said = await isRight(call, { model, ...args }, expected)
  if (said === true) return undefined
  return [user, tool, shown({ model, ...args }), shown(said), shown(expected)]
}

type Args = Readonly<Record<string, unknown>>

async function countIsRight(call: CallTool, args: Args, expected: unknown): Promise<unknown> {
  const { isError, text } = await call('count', args)
  if (expected === undefined)
    return (text.error as { code?: string } | undefined)?.code === 'FORBIDDEN' || text
  if (Array.isArray(expected) && expected.length > MAX_GROUPS)
    return (isError && /more than 10000 groups/.test(JSON.stringify(text))) || text
  if (isError) return text
  return Array.isArray(expected)
    ? groupsAreRight(text, expected as [...string[], number][])
    : text.count === expected || text.count
}

interface SaidGroups {
  readonly count: number
  readonly groups: readonly { label?: string; labels?: string[]; count: number }[]
  readonly more?: { groups: number; objects: number }
}

/** Groups of the same labels are told apart by their numbers alone. */
function groupsAreRight(
  text: Readonly<Record<string, unknown>>,
  expected: [...string[], number][]
) {
  const { groups, more, count } = text as unknown as SaidGroups
  const said = groups.map(({ label, labels, count: rows }) =>
    JSON.stringify([...(labels ?? [label]), rows])
  )
  const left = expected.map((group) => JSON.stringify(group))
  for (const group of said) {
    const at = left.indexOf(group)
    if (at < 0) return { notInDatabase: group, said }
    left.splice(at, 1)
  }
  const all = expected.reduce((sum, group) => sum + Number(group.at(-1)), 0)
  const shown = groups.reduce((sum, group) => sum + group.count, 0)
  const rest = left.length > 0 ? { groups: left.length, objects: all - shown } : undefined
  const smallest = groups.at(-1)?.count ?? 0
  const isRanked = left.every(
    (group) => Number((JSON.parse(group) as unknown[]).at(-1)) <= smallest
  )
  const isRight = isRanked && count === all && JSON.stringify(more) === JSON.stringify(rest)
  return isRight || { said, more, count, left }
}

/** Where pages begin: all of a list, or two of a long one. */
function offsetsOf(rows: number): number[] {
  if (rows > MAX_WHOLE_ROWS) return [0, Math.min(MAX_OFFSET, Math.floor(rows / 2))]
  return Array.from({ length: Math.max(1, Math.ceil(rows / PAGE_ROWS)) }, (_, n) => n * PAGE_ROWS)
}

/** A row that the database does not have, or one that came twice. */
function wrongRow(said: readonly unknown[][], left: Map<string, unknown[]>): unknown {
  for (const row of said) {
    const wanted = left.get(String(row[0]))
    if (JSON.stringify(row) !== JSON.stringify(wanted)) return { row, wanted }
    left.delete(String(row[0]))
  }
  return undefined
}

async function findIsRight(call: CallTool, args: Args, expected: unknown): Promise<unknown> {
  const left = new Map((expected as unknown[][]).map((row) => [String(row[0]), row]))
  const all = left.size
  for (const offset of offsetsOf(all)) {
    const { isError, text } = await call('find', { ...args, limit: PAGE_ROWS, offset })
    if (isError || text.count !== all) return text.error ?? { count: text.count }
    const said = text.rows as unknown[][]
    const wrong = wrongRow(said, left)
    if (wrong) return wrong
    if (said.length < Math.min(PAGE_ROWS, all - offset)) return { offset, rows: said.length, text }
  }
  return true
}
