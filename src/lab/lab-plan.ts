import { planAbout } from './lab-about.ts'
import { answerQuery } from './lab-answers.ts'
import { planChanges } from './lab-changes.ts'
import {
  isNamesCall,
  namesCall,
  namingModels,
  placeFilter,
  type Resolution,
  readNames,
  resolveNames
} from './lab-names.ts'
import { nounOf } from './lab-phrases.ts'
import { type LabQuery, makeQuery, modelAskedFor, PLACE_TYPES, previousQuery } from './lab-query.ts'
import type { LabCall, LabConversation, LabStep } from './lab-request.ts'
import {
  type LabAnswer,
  sayHelp,
  sayReadOnly,
  sayUnknown,
  sayUnknownNames
} from './lab-sentences.ts'
import { type Understanding, understand } from './lab-understanding.ts'

/** What the lab model does next: call tools, or answer. */
export type LabMove = { readonly calls: readonly LabCall[] } | LabAnswer

const COMMAND =
  /^\s*(?:please\s+)?(?:add|assign|change|configure|create|delete|disable|drop|edit|enable|move|rename|reboot|remove|set|update)\s/i

/** Longest list that is shown. */
export const MAX_LISTED = 50
const MAX_TREE = 200
/** Rounds of calls for one question; a conversation that goes on beyond has gone wrong. */
const MAX_STEPS = 24

/** Decides by rules, from the request alone. `nowMs` is for questions about time. */
export function nextMove(conversation: LabConversation, nowMs: number): LabMove {
  const move = decide(conversation, nowMs)
  const { tools } = conversation
  const missing = 'calls' in move ? move.calls.find(({ tool }) => !tools.has(tool)) : undefined
  if (!missing) return move
  return {
    text: `For this I need the tool \`${missing.tool}\` of Nautobot, and it was not offered to me.`
  }
}

function decide(conversation: LabConversation, nowMs: number): LabMove {
  const { question, steps } = conversation
  const understanding = understand(question)
  if (understanding.kind === 'help' || question === '') return sayHelp()
  if (COMMAND.test(question)) return sayReadOnly()
  if (steps.length > MAX_STEPS) return sayUnknown(question)
  if (understanding.kind === 'changes') return planChanges(conversation, understanding, nowMs)
  if (isAbout(understanding, conversation)) return planAbout(conversation, understanding)
  return planQuery(conversation, understanding)
}

/** A question about one object: it says so, or it is nothing but a name. */
function isAbout(understanding: Understanding, conversation: LabConversation): boolean {
  const { kind, model, names, here, elliptic } = understanding
  if (kind === 'about') return isAboutName(conversation.question, model, names)
  const isBare = kind === undefined && model === undefined && !elliptic
  if (isBare && names.length > 0) return !previousQuery(conversation)
  const isListOfOne = kind === 'list' && model === undefined && names.some(looksLikeObject)
  return isListOfOne || (isBare && here)
}

/** "What is" asks about anything in the world; a name with a number or in capitals is more likely one of ours. */
function isAboutName(
  question: string,
  model: string | undefined,
  names: readonly string[]
): boolean {
  if (names.some(looksLikeObject)) return true
  if (model !== undefined || names.length > 1) return false
  const isVague = /\bwhat(?: is|['’]?s)\b/i.test(question)
  return !isVague || names.every((name) => /\d|^[A-Z]{2}/.test(name))
}

/** Names such as `ams01-rtr-01`: letters, hyphens and a number. */
export function looksLikeObject(name: string): boolean {
  return /^[a-z][\w.]*-[\w.-]*\d[\w.-]*$/i.test(name)
}

function planQuery(conversation: LabConversation, understanding: Understanding): LabMove {
  const { question, steps, earlier } = conversation
  const model = modelAskedFor(understanding, previousQuery(conversation))
  if (!model) return sayUnknown(question)
  const direct = directNames(understanding, model)
  const known = readNames([...earlier, ...steps])
  const answers = steps.slice(steps.findLastIndex(isNamesCall) + 1)
  const resolution =
    assumePlaces(question, direct.rest, model, answers) ?? resolveNames(direct.rest, model, known)
  const wanted = namesToRead(question, resolution, model, known)
  if (wanted.length > 0) {
    return { calls: wanted.map(namesCall) }
  }
  if (resolution.unknown.length > 0) return sayUnknownNames(resolution.unknown, known)
  const filters = { ...resolution.filters, ...direct.filters }
  const query = makeQuery(question, understanding, { filters }, conversation)
  if (!query) return sayUnknown(question)
  if (answers.length === 0) return { calls: callsOf(query) }
  const { text } = answerQuery(query, answers, resolution.corrections)
  return { text: [text, ...notesOn(question, understanding)].join('\n\n') }
}

/** What the answer leaves out, said rather than hidden. */
function notesOn(question: string, { others }: Understanding): readonly string[] {
  const cables = /\bconnected\b/i.test(question)
  const names = others.map((other) => nounOf(other, 2)).join(' and ')
  return [
    ...(cables ? ['I know interfaces, but I cannot follow cables.'] : []),
    ...(names ? [`I answer one thing at a time: ask again for the ${names}.`] : [])
  ]
}

/**
 * Names that are written like the code of a site, behind "in" or "at", are taken at their word: it spares reading all
 * names. Undefined when one is not, or when Nautobot has refused them.
 */
function assumePlaces(
  question: string,
  names: readonly string[],
  model: string,
  answers: readonly LabStep[]
): Resolution | undefined {
  const filter = placeFilter(model)
  const isRefused = answers.some(isWrongName)
  if (!filter || names.length === 0 || isRefused) return undefined
  const areCodes = names.every(
    (name) =>
      /^[A-Z][A-Z0-9-]{2,}$/.test(name) &&
      new RegExp(
        `\\b(?:at|in|of site|of)\\s+(?:the\\s+)?(?:site\\s+|location\\s+)?${name}\\b`
      ).test(question)
  )
  return areCodes ? { filters: { [filter]: names }, corrections: [], unknown: [] } : undefined
}

/** Nautobot knew the question and refused a name in it: another reading may be right. */
function isWrongName({ result }: LabStep): boolean {
  const code = (result?.error as { code?: string } | undefined)?.code
  return code === 'INVALID_REQUEST'
}

/** Names of devices stand for themselves: there may be too many to read them all. */
function directNames({ names }: Understanding, model: string) {
  const filter = {
    'dcim.interface': 'device',
    'ipam.ipaddress': 'device',
    'dcim.device': 'name__ie'
  }[model]
  const words = names.flatMap((name) => name.split(' '))
  const objects = filter ? words.filter(isDeviceName) : []
  if (!filter || objects.length === 0) return { filters: {}, rest: names }
  const rest = names.flatMap((name) => {
    const left = name.split(' ').filter((word) => !isDeviceName(word))
    return left.length > 0 ? [left.join(' ')] : []
  })
  return { filters: { [filter]: objects.map((name) => name.toLowerCase()) }, rest }
}

/** Two hyphens or more; with one it may be a room. */
function isDeviceName(word: string): boolean {
  return looksLikeObject(word) && word.split('-').length > 2
}

/** Words that tell which kind of name stands near them. */
const HINTS: Readonly<Record<string, RegExp>> = {
  'tenancy.tenant': /\btenants?\b/i,
  'dcim.manufacturer': /\b(?:made by|manufacturers?|vendors?)\b/i,
  'dcim.platform': /\b(?:platforms?|runs?|running)\b/i,
  'dcim.devicetype': /\b(?:device types?|models?)\b/i,
  'circuits.provider': /\b(?:providers?|provides?|provided|carriers?|from)\b/i
}

/** Which lists of names to read next: those the words hint at, then places, then everything else when no place fits. */
function namesToRead(
  question: string,
  { unknown, corrections }: Resolution,
  model: string,
  known: ReadonlyMap<string, readonly string[]>
): readonly string[] {
  // A code with a number is a place rather than anything else.
  const isSure = corrections.every(({ said }) => /\d/.test(said))
  if (unknown.length === 0 && isSure) return []
  const missing = namingModels(model).filter(
    (naming) => !known.has(naming) && naming !== 'dcim.device'
  )
  const hinted = missing.filter((naming) => HINTS[naming]?.test(question))
  if (hinted.length > 0) return hinted
  const place = 'dcim.location'
  return placeFilter(model) && missing.includes(place) ? [place] : missing
}

/** Whose address it is matters more than its parent. */
const ADDRESS_FIELDS = ['address', 'status', 'interfaces.device', 'interfaces', 'dns_name']

function callsOf({ tool, model, filters, groupBy }: LabQuery): readonly LabCall[] {
  const asked = { model, ...(Object.keys(filters).length > 0 && { filters }) }
  if (tool === 'find') {
    const fields = filters.address && { fields: ADDRESS_FIELDS }
    return [{ tool, args: { ...asked, ...fields, limit: MAX_LISTED } }]
  }
  if (groupBy.length === 0) return [{ tool, args: asked }]
  return groupBy.flatMap((field): LabCall[] => {
    const isPlace = Object.hasOwn(PLACE_TYPES, field)
    const place = ['ipam.vlan', 'ipam.prefix'].includes(model) ? 'locations' : 'location'
    const count: LabCall = { tool, args: { ...asked, group_by: isPlace ? place : field, top: 100 } }
    return isPlace ? [count, treeCall] : [count]
  })
}

const treeCall: LabCall = {
  tool: 'find',
  args: {
    model: 'dcim.location',
    filters: {},
    fields: ['name', 'parent', 'location_type'],
    limit: MAX_TREE
  }
}
