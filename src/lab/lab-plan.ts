import { identifierAsked, planAbout } from './lab-about.ts'
import { answerQuery } from './lab-answers.ts'
import { planChanges } from './lab-changes.ts'
import { planDescribe } from './lab-describe.ts'
import type { LabMove } from './lab-move.ts'
import {
  looksLikeObject,
  namesCall,
  namingModels,
  objectAmong,
  placeFilter,
  type Resolution,
  readNames,
  readPlaces,
  resolveNames
} from './lab-names.ts'
import { nounOf } from './lab-phrases.ts'
import { isSiteCode } from './lab-places.ts'
import {
  type LabQuery,
  makeQuery,
  modelAskedFor,
  PLACE_TYPES,
  previousPlace,
  previousQuery
} from './lab-query.ts'
import type { LabCall, LabConversation, LabStep } from './lab-request.ts'
import { sayHelp, sayNoPlace, sayReadOnly, sayUnknown, sayUnknownNames } from './lab-sentences.ts'
import { type Understanding, understand } from './lab-understanding.ts'

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
  const understanding = understandFollowing(conversation)
  if (understanding.kind === 'help' || question === '') return sayHelp()
  if (COMMAND.test(question)) return sayReadOnly()
  if (steps.length > MAX_STEPS) return sayUnknown(question)
  if (understanding.kind === 'changes') return planChanges(conversation, understanding, nowMs)
  if (understanding.kind === 'describe') return planDescribe(conversation, understanding)
  const identifier = identifierAsked(question, understanding)
  if (identifier) return planAbout(conversation, { ...understanding, names: [identifier] })
  if (isAbout(understanding, conversation)) return planAbout(conversation, understanding)
  return planQuery(conversation, understanding)
}

/** After a question about changes, "by alice?" and "and today?" go on about them. */
function understandFollowing(conversation: LabConversation): Understanding {
  const { question } = conversation
  const alone = understand(question)
  const { kind, model, names, elliptic, sinceDays, sinceHours } = alone
  const previous = previousQuery(conversation)
  const says = names.length > 0 || elliptic || (sinceDays ?? sinceHours) !== undefined
  const goesOn = kind === undefined && model === undefined && says
  if (!goesOn || previous?.model !== 'extras.objectchange') return alone
  const following = { ...understand(question, true), elliptic: true }
  const isUser = previous.filters.user && names.every((name) => /^[a-z]+$/i.test(name))
  if (!isUser || names.length === 0) return following
  return { ...following, names: [], filters: { ...following.filters, user_name__ie: names } }
}

/** A question about one object: it says so, or it is nothing but a name. */
function isAbout(understanding: Understanding, conversation: LabConversation): boolean {
  const { kind, model, names, here, elliptic } = understanding
  if (kind === 'about') return isAboutName(conversation.question, model, names)
  const isBare = kind === undefined && model === undefined && !elliptic
  if (isBare && names.length > 0) return isOneName(conversation, names)
  const isListOfOne = kind === 'list' && model === undefined && names.some(looksLikeObject)
  return isListOfOne || (isBare && here)
}

/** Nothing but a name, or one that is written like ours: plain words are about something else. */
function isOneName(conversation: LabConversation, names: readonly string[]): boolean {
  if (previousQuery(conversation)) return false
  const objects = names.flatMap((name) => name.split(' ')).filter(looksLikeObject)
  if (objects.length === 1) return true
  const [name = '', ...others] = names
  if (others.length > 0) return false
  return /\d|^[A-Z]{2}/.test(name) || conversation.question.replace(/\W+$/, '') === name
}

/** "What is" asks about anything in the world; a name with a number or in capitals is more likely one of ours. */
function isAboutName(
  question: string,
  model: string | undefined,
  names: readonly string[]
): boolean {
  if (objectAmong(names)) return true
  if (model !== undefined || names.length > 1) return false
  const isVague = /\bwhat(?: is|['’]?s)\b/i.test(question)
  return !isVague || names.every((name) => /\d|^[A-Z]{2}/.test(name))
}

function planQuery(conversation: LabConversation, understanding: Understanding): LabMove {
  const { question, steps, earlier } = conversation
  const model = modelAskedFor(understanding, previousQuery(conversation))
  if (!model) return sayUnknown(question)
  const direct = directNames(understanding, model)
  const known = readNames([...earlier, ...steps])
  const places = readPlaces([...earlier, ...steps])
  const resolution =
    assumePlaces(question, direct.rest, model, steps) ??
    resolveNames(direct.rest, model, known, places)
  const wanted = namesToRead(question, resolution, model, known)
  if (wanted.length > 0) {
    return { calls: wanted.map(namesCall) }
  }
  const isPlaced = placeFilter(model) !== undefined
  if (!isPlaced && resolution.unknown.some(isSiteCode)) return sayNoPlace(model)
  if (resolution.unknown.length > 0) return sayUnknownNames(resolution.unknown, places)
  const filters = { ...resolution.filters, ...direct.filters }
  const query = makeQuery(question, understanding, { ...resolution, filters }, conversation)
  if (!query) return sayUnknown(question)
  if (losesPlace(understanding, query, conversation)) return sayNoPlace(model)
  const asked = callsOf(query)
  // Of another reading of the question there may be answers as well.
  const answers = asked.flatMap((call) => steps.find((step) => isSameCall(step, call)) ?? [])
  if (answers.length < asked.length) return { calls: asked }
  const { text } = answerQuery(query, answers, resolution.corrections)
  return { text: [text, ...notesOn(question, understanding)].join('\n\n') }
}

/** "There" for objects that cannot be selected by place: the answer would be about all of them. */
function losesPlace(
  { there, elliptic, kind }: Understanding,
  { model, filters }: LabQuery,
  conversation: LabConversation
): boolean {
  const refers = there || elliptic || kind === undefined
  const hasOwner = 'device' in filters || 'address' in filters
  return refers && !placeFilter(model) && !hasOwner && previousPlace(conversation) !== undefined
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
  steps: readonly LabStep[]
): Resolution | undefined {
  const filter = placeFilter(model)
  const isRefused = steps.some(isWrongName)
  if (!filter || names.length === 0 || isRefused) return undefined
  const areCodes = names.every(
    (name) =>
      /^[A-Z][A-Z0-9-]{2,}$/.test(name) &&
      new RegExp(
        `\\b(?:at|in|of site|of)\\s+(?:the\\s+)?(?:site\\s+|location\\s+)?${name}\\b`
      ).test(question)
  )
  return areCodes
    ? { filters: { [filter]: names }, corrections: [], unknown: [], saidAs: {} }
    : undefined
}

function isSameCall(left: LabCall, right: LabCall): boolean {
  return left.tool === right.tool && JSON.stringify(left.args) === JSON.stringify(right.args)
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

function callsOf({ tool, model, filters, groupBy, sort }: LabQuery): readonly LabCall[] {
  const asked = { model, ...(Object.keys(filters).length > 0 && { filters }) }
  if (tool === 'find') {
    const fields = filters.address && { fields: ADDRESS_FIELDS }
    return [{ tool, args: { ...asked, ...fields, ...(sort && { sort }), limit: MAX_LISTED } }]
  }
  if (groupBy.length === 0) return [{ tool, args: asked }]
  const isPlaced = groupBy.some((field) => Object.hasOwn(PLACE_TYPES, field))
  if (groupBy.length === 2 && !isPlaced)
    return [{ tool, args: { ...asked, group_by: groupBy, top: 100 } }]
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
