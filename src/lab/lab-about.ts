import { nearestSpelling } from '../platform/nearest.ts'
import { tableOf } from './lab-answers.ts'
import { isNamesCall, namesCall, readNames } from './lab-names.ts'
import { nounOf } from './lab-phrases.ts'
import { type LabMove, objectAmong } from './lab-plan.ts'
import { readPage } from './lab-query.ts'
import type { LabCall, LabConversation, LabStep } from './lab-request.ts'
import { cell, markdownTable, sayFailure, sayUnknown } from './lab-sentences.ts'
import type { Understanding } from './lab-understanding.ts'

const MAX_FOUND = 5
const MAX_NEAREST = 3
const DEVICE_FIELDS = [
  'name',
  'status',
  'role',
  'device_type',
  'platform',
  'location',
  'rack',
  'tenant',
  'serial',
  'asset_tag',
  'primary_ip4',
  'tags'
]
const LOCATION_FIELDS = ['name', 'location_type', 'status', 'parent', 'facility', 'description']
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'dcim.device': DEVICE_FIELDS,
  'dcim.location': LOCATION_FIELDS
}
/** Where a bare name is looked for, with the filter that finds it. */
const PLACES_TO_LOOK: readonly (readonly [model: string, filter: string])[] = [
  ['dcim.device', 'name__ie'],
  ['dcim.location', 'name__ie'],
  ['circuits.circuit', 'cid__ie']
]

/** Tells about one object: by its name, or the one whose page is open. */
export function planAbout(conversation: LabConversation, understanding: Understanding): LabMove {
  const name = objectAmong(understanding.names) ?? understanding.names[0]
  const answers = conversation.steps.filter((step) => !isNamesCall(step))
  const lookUps = answers.filter(({ tool }) => tool === 'find')
  if (lookUps.length === 0) return firstLook(conversation, name)
  const found = lookUps.find(({ result }) => Number(result?.count) > 0)
  if (!found) return notFound(conversation, lookUps, name ?? 'this object')
  const summary = answers.filter(({ tool }) => tool === 'count')
  if (found.args.model === 'dcim.location' && summary.length === 0) {
    return { calls: summaryCalls(String(firstRow(found)[0])) }
  }
  return { text: describeFound(found) + describeSummary(summary) }
}

function firstLook({ question, context }: LabConversation, name: string | undefined): LabMove {
  if (name) return { calls: callsForName(name) }
  const page = readPage(context)
  return page ? { calls: [callForPage(page)] } : sayUnknown(question)
}

function callsForName(name: string): readonly LabCall[] {
  return PLACES_TO_LOOK.map(([model, filter]) => ({
    tool: 'find',
    args: { model, filters: { [filter]: [name] }, ...fieldsOf(model), limit: MAX_FOUND }
  }))
}

function callForPage({ model, id }: { model: string; id: string }): LabCall {
  return { tool: 'find', args: { model, filters: { id: [id] }, ...fieldsOf(model), limit: 1 } }
}

function fieldsOf(model: string) {
  const fields = FIELDS[model]
  return fields ? { fields } : {}
}

function summaryCalls(location: string): readonly LabCall[] {
  const filters = { location: [location] }
  return [
    { tool: 'count', args: { model: 'dcim.device', filters, group_by: 'role' } },
    { tool: 'count', args: { model: 'ipam.vlan', filters } },
    { tool: 'count', args: { model: 'ipam.prefix', filters } }
  ]
}

/** Asks for the devices' names once, to name the nearest. */
function notFound(
  { question, steps, earlier }: LabConversation,
  lookUps: readonly LabStep[],
  name: string
): LabMove {
  const failure = lookUps.map(({ result }) => sayFailure(result)).find(Boolean)
  if (failure) return { text: `I could not look up “${name}”: ${failure}` }
  const known = readNames([...earlier, ...steps])
  const names = known.get('dcim.device')
  if (!names) {
    return {
      calls: ['dcim.device', 'dcim.location'].map(namesCall)
    }
  }
  const near = nearestSpelling(name, [...names, ...(known.get('dcim.location') ?? [])], MAX_NEAREST)
  // A plain word is not the name of an object: rather say what there is to ask.
  if (near.length === 0 && /^[a-z ]+$/.test(name)) return sayUnknown(question)
  const hint =
    near.length > 0 ? ` Did you mean ${near.map((one) => `**${cell(one)}**`).join(' or ')}?` : ''
  return {
    text: `I found no device, location or circuit called “${name}” that you may see.${hint}`
  }
}

function firstRow({ result }: LabStep): readonly unknown[] {
  const rows = result?.rows
  return Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0] : []
}

function describeFound(found: LabStep): string {
  const { result = {}, args } = found
  const { columns, rows } = result
  const model = String(args.model)
  if (!Array.isArray(columns) || !Array.isArray(rows) || rows.length > 1) return tableOf(result)
  const row = firstRow(found)
  const pairs = columns.map((column, index) => [String(column).replaceAll('_', ' '), row[index]])
  const noun = nounOf(model, 1).replace(/^./, (letter) => letter.toUpperCase())
  return `${noun} **${cell(row[0])}**\n\n${markdownTable(['field', 'value'], pairs)}`
}

function describeSummary(steps: readonly LabStep[]): string {
  const parts = steps.flatMap(({ args, result }) => {
    if (result?.count === undefined) return []
    const count = Number(result.count)
    return [`**${count}** ${nounOf(String(args.model), count)}${describeGroups(result.groups)}`]
  })
  return parts.length === 0 ? '' : `\n\nThere, with everything below it: ${parts.join('; ')}.`
}

function describeGroups(groups: unknown): string {
  if (!Array.isArray(groups) || groups.length === 0) return ''
  return ` (${groups.map(({ label, count }) => `${cell(label)} ${count}`).join(', ')})`
}
