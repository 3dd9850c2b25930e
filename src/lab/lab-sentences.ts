import type { LabAnswer } from './lab-move.ts'
import { nounOf } from './lab-phrases.ts'
import { type Place, placesLike } from './lab-places.ts'

const MAX_SUGGESTED = 12

/** What the lab model can do. */
export function sayHelp(): LabAnswer {
  return {
    text: `I am the embedded **lab model**: rules, not a language model. I read questions about your network and answer from Nautobot. I know these kinds:

- **How many**: “How many devices are in AMS01?”, “How many active switches are in EMEA?”
- **Which**: “Which routers are at FRA01?”, “List the racks in NYC01”, “Devices in AMS01 sorted by serial”
- **By role, status, location, tenant, …**: “How many devices are there by role and status?”
- **Without a primary address**: “Which devices have no primary IP address?”
- **VLANs and prefixes**: “Which VLANs are at LON01?”, “Show the prefixes of AMS02”
- **Circuits**: “How many circuits by provider?”, “Which circuits does Zayo provide?”
- **Interfaces and addresses**: “Show the interfaces of ams01-rtr-01”
- **Changes**: “Who changed what since yesterday?”, “What changed on ams01-rtr-01?”, “What changed in EMEA?”
- **One object**: “Tell me about ams01-rtr-01”, “What is 10.10.0.11?”
- **What can be asked**: “Which filters do devices have?”, “What status can a device have?”
- **Going on**: “And how many of those are switches?”, “Which VLANs are there?”

For everything else an administrator connects a language model.`
  }
}

export function sayReadOnly(): LabAnswer {
  return {
    text: 'I can only read: I change nothing in Nautobot. Ask “What can you do?” for what I know.'
  }
}

export function sayUnknown(question: string): LabAnswer {
  const shown = question.length > 80 ? `${question.slice(0, 80)}…` : question
  return {
    text: `I do not understand “${shown}”. I am the embedded lab model: I only know a dozen kinds of questions, such as “How many devices are in AMS01?” or “Which devices have no primary IP address?”. Ask “What can you do?” for all of them.`
  }
}

/** Rather no answer than one to a broader question. */
export function sayUnknownNames(names: readonly string[], known: readonly Place[]): LabAnswer {
  const shown = names.map((name) => `“${name}”`).join(' and ')
  const places = known.map(({ name }) => name)
  const some = places.slice(0, MAX_SUGGESTED).join(', ')
  const more = places.length > MAX_SUGGESTED ? ', …' : ''
  const near = [...new Set(names.flatMap((name) => placesLike(name, known)))].map(
    ({ name }) => name
  )
  const meant = near.map((place) => `**${cell(place)}**`).join(' or ')
  const all = places.length > 0 ? ` Locations that you may see: ${some}${more}.` : ''
  const help = near.length > 0 ? ` Did you mean ${meant}?` : all
  return {
    text: `I do not know what ${shown} is, so I did not ask Nautobot. I am the embedded lab model: I only know names of locations, tenants, roles and the like as Nautobot has them.${help}`
  }
}

/** Rather no answer than one about all places. */
export function sayNoPlace(model: string): LabAnswer {
  return {
    text: `I cannot select ${nounOf(model, 2)} by location, so I did not ask Nautobot. Ask for those of a device, or of the whole network.`
  }
}

/** A failed call is told, never taken for "none". */
export function sayFailure(
  result: Readonly<Record<string, unknown>> | undefined
): string | undefined {
  if (result === undefined) return 'The tool gave no result, so I do not know.'
  const { error } = result
  if (error === undefined) return undefined
  const { message = 'The tool failed.', nearest } = error as {
    message?: string
    nearest?: readonly string[]
  }
  const hint = nearest?.length ? ` Nearest: ${nearest.map((name) => `“${name}”`).join(', ')}.` : ''
  return `${message}${hint}`
}

/** Nothing is called as the question said. */
export function isUnknown(result: Readonly<Record<string, unknown>> | undefined): boolean {
  return (result?.error as { code?: unknown } | undefined)?.code === 'OBJECT_NOT_FOUND'
}

/** A cell that cannot break its table, nor become a link or an image. */
export function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '—'
  if (Array.isArray(value)) return value.length === 0 ? '—' : value.map(cell).join(', ')
  const text = typeof value === 'object' ? JSON.stringify(value) : shortTime(String(value))
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\|`*<>[\]]/g, (letter) => `\\${letter}`)
}

/** Times to the minute; everything else as it is. */
function shortTime(text: string): string {
  const [, day, minute] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*(?:Z|\+00:00)$/.exec(text) ?? []
  return day ? `${day} ${minute} UTC` : text
}

export function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[]
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const head = line(columns.map(heading))
  const rule = line(columns.map((_, index) => (isNumeric(rows, index) ? '---:' : '---')))
  return [head, rule, ...rows.map((row) => line(row.map(cell)))].join('\n')
}

function isNumeric(rows: readonly (readonly unknown[])[], column: number): boolean {
  const values = rows.map((row) => row[column]).filter((value) => value !== null && value !== '')
  return values.length > 0 && values.every((value) => /^-?\d+(?:\.\d+)?$/.test(String(value)))
}

const ABBREVIATIONS: Readonly<Record<string, string>> = {
  vid: 'VLAN ID',
  cid: 'Circuit',
  vlan: 'VLAN',
  vlan_group: 'VLAN group',
  primary_ip4: 'Primary IPv4',
  ip_addresses: 'IP addresses',
  dns_name: 'DNS name',
  user_name: 'User',
  object_repr: 'Object',
  changed_object_type: 'Kind',
  commit_rate: 'Commit rate (kbps)'
}

function heading(name: string): string {
  const words = ABBREVIATIONS[name] ?? name.replace(/^cf_/, '').replaceAll('_', ' ')
  return words.replace(/^./, (letter) => letter.toUpperCase())
}

/** What rights hide: it comes before any count of nothing, which would read as "none there". */
export function hiddenText(
  result: Readonly<Record<string, unknown>>,
  asked: string
): string | undefined {
  const gaps = Array.isArray(result.gaps) ? result.gaps.map(String) : []
  if (Number(result.count) > 0 || !gaps.some((gap) => /\brights\b/i.test(gap))) return undefined
  return `${gaps.join(' ')} I cannot say whether there are ${asked}.`
}

/** What the tool says it left out. */
export function gapLines(result: Readonly<Record<string, unknown>>): string {
  const { gaps } = result
  return Array.isArray(gaps) && gaps.length > 0
    ? `\n\n${gaps.map((gap) => `_${gap}_`).join('\n')}`
    : ''
}
