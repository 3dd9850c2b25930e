import type { LabAnswer } from './lab-move.ts'
import { describeQuery } from './lab-phrases.ts'
import { type LabQuery, PLACE_TYPES } from './lab-query.ts'
import type { LabStep } from './lab-request.ts'
import { gapLines, hiddenText, markdownTable, sayFailure } from './lab-sentences.ts'

type Result = Readonly<Record<string, unknown>>

interface Group {
  readonly label: string
  readonly count: number
}

/** Puts the results of a query's calls into words. */
export function answerQuery(
  query: LabQuery,
  steps: readonly LabStep[],
  corrections: readonly { readonly said: string; readonly meant: string }[]
): LabAnswer {
  const read = corrections.map(({ said, meant }) => `I read “${said}” as **${meant}**. `).join('')
  const failure = steps.map(({ result }) => sayFailure(result)).find(Boolean)
  if (failure)
    return { text: `${read}I could not ask Nautobot for ${describeQuery(query, 2)}. ${failure}` }
  const results = steps.map(({ result }) => result ?? {})
  const hidden = results.map((result) => hiddenText(result, describeQuery(query, 2))).find(Boolean)
  if (hidden) return { text: read + hidden }
  if (query.tool === 'find') return { text: read + listText(query, results[0] ?? {}) }
  if (query.groupBy.length === 0) return { text: read + countText(query, results[0] ?? {}) }
  return { text: read + groupText(query, steps) }
}

function countText(query: LabQuery, result: Result): string {
  const count = Number(result.count)
  const verb = count === 1 ? 'is' : 'are'
  return `There ${verb} **${count === 0 ? 'no' : count}** ${describeQuery(query, count)}.${gapLines(result)}`
}

function listText(query: LabQuery, result: Result): string {
  const count = Number(result.count)
  if (count === 0) return `There are **no** ${describeQuery(query, 0)}.${gapLines(result)}`
  const head = `**${count}** ${describeQuery(query, count)}:`
  return `${head}\n\n${tableOf(result)}${gapLines(result)}`
}

/** The rows of a result as a table. A result in another form is shown as it is. */
export function tableOf({ columns, rows, ...other }: Result): string {
  if (!Array.isArray(columns) || !Array.isArray(rows)) {
    return `\`\`\`json\n${JSON.stringify(other)}\n\`\`\``
  }
  return markdownTable(columns.map(String), rows as readonly (readonly unknown[])[])
}

function groupText(query: LabQuery, steps: readonly LabStep[]): string {
  const counts = steps.filter(({ tool }) => tool === 'count')
  const total = Number(counts[0]?.result?.count)
  const fields = query.groupBy.map((field) => field.replaceAll('_', ' ')).join(' and by ')
  const head = `**${total}** ${describeQuery(query, total)}, by ${fields}:`
  if (Array.isArray(counts[0]?.args.group_by))
    return `${head}\n\n${crossTable(query.groupBy, counts[0].result ?? {})}`
  const tables = query.groupBy.map((field, index) => {
    const result = counts[index]?.result ?? {}
    const groups = Object.hasOwn(PLACE_TYPES, field)
      ? addUp(groupsOf(result), field, treeOf(steps))
      : groupsOf(result)
    const rows = groups.map(({ label, count }) => [label, count])
    return `${markdownTable([field, 'count'], rows)}${gapLines(result)}`
  })
  return `${head}\n\n${tables.join('\n\n')}`
}

/** Two fields against each other: one line for each value of the first. */
function crossTable([first = '']: readonly string[], result: Result): string {
  const groups = Array.isArray(result.groups) ? result.groups : []
  const cells = groups.map(({ labels, count }) => {
    const [row = null, column = null] = labels as readonly (string | null)[]
    return { row: row ?? '(none)', column: column ?? '(none)', count: Number(count) }
  })
  const sum = (some: typeof cells) => some.reduce((total, { count }) => total + count, 0)
  const columns = [...new Set(cells.map(({ column }) => column))]
  const rows = [...new Set(cells.map(({ row }) => row))].map((name) => {
    const own = cells.filter(({ row }) => row === name)
    return [name, sum(own), ...columns.map((column) => sum(own.filter((c) => c.column === column)))]
  })
  const sorted = rows.toSorted((left, right) => Number(right[1]) - Number(left[1]))
  return `${markdownTable([first, 'count', ...columns], sorted)}${gapLines(result)}`
}

function groupsOf({ groups }: Result): readonly Group[] {
  if (!Array.isArray(groups)) return []
  return groups.map(({ label, count }) => ({
    label: String(label ?? '(none)'),
    count: Number(count)
  }))
}

interface Place {
  readonly parent: string
  readonly type: string
}

function treeOf(steps: readonly LabStep[]): ReadonlyMap<string, Place> {
  const rows = steps.find(({ tool, args }) => tool === 'find' && args.model === 'dcim.location')
    ?.result?.rows
  if (!Array.isArray(rows)) return new Map()
  return new Map(
    rows.map(([name, parent, type]) => [
      String(name),
      { parent: String(parent), type: String(type) }
    ])
  )
}

/** Adds the counts of rooms to their site, of sites to their region. */
function addUp(
  groups: readonly Group[],
  field: string,
  tree: ReadonlyMap<string, Place>
): readonly Group[] {
  const sums = new Map<string, number>()
  for (const { label, count } of groups) {
    const above = ancestor(label, PLACE_TYPES[field] ?? '', tree)
    sums.set(above, (sums.get(above) ?? 0) + count)
  }
  return [...sums]
    .map(([label, count]) => ({ label, count }))
    .toSorted((left, right) => right.count - left.count)
}

function ancestor(name: string, type: string, tree: ReadonlyMap<string, Place>): string {
  const seen = new Set<string>()
  for (let place = name; !seen.has(place); ) {
    seen.add(place)
    const found = tree.get(place)
    if (!found) break
    if (found.type === type) return place
    place = found.parent
  }
  return `(no ${type.toLowerCase()})`
}
