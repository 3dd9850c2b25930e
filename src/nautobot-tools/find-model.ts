import { nearest } from '../platform/nearest.ts'
import type { NautobotModel } from './nautobot-model.ts'
import { quoted, ToolRefusal } from './tool-failure.ts'

/** Words that mean exactly one model. Words that would widen a question, such as "site" or "region", are only hints. */
const SYNONYMS: Readonly<Record<string, string>> = {
  ip: 'ipam.ipaddress',
  ips: 'ipam.ipaddress',
  change: 'extras.objectchange',
  changes: 'extras.objectchange',
  changelog: 'extras.objectchange',
  vm: 'virtualization.virtualmachine',
  vms: 'virtualization.virtualmachine'
}

const LOCATIONS = 'Use "dcim.location" with the filter location_type, for example "Site".'
const HINTS: Readonly<Record<string, string>> = {
  site: LOCATIONS,
  region: LOCATIONS,
  country: LOCATIONS,
  room: LOCATIONS,
  subnet: 'Use "ipam.prefix".',
  network: 'Use "ipam.prefix".',
  switch: 'Use "dcim.device" with the filter role.',
  router: 'Use "dcim.device" with the filter role.',
  firewall: 'Use "dcim.device" with the filter role.'
}

/** Without what only separates. Letters of other scripts stay: "racks 東京" is not "racks". */
const plain = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}.]/gu, '')

function namesOf({ objectType, name, plural }: NautobotModel): string[] {
  return [objectType, objectType.split('.')[1] ?? '', name, plural].map(plain)
}

function hintFor(wanted: string): string | undefined {
  return HINTS[wanted] ?? HINTS[wanted.replace(/(ie)?s$/, (end) => (end === 'ies' ? 'y' : ''))]
}

/** The model that a natural or technical name means. Throws {@link ToolRefusal} with the nearest names. */
export function findModel(models: readonly NautobotModel[], asked: string): NautobotModel {
  const wanted = plain(asked)
  const objectType = SYNONYMS[wanted] ?? wanted
  const found = models.filter((model) => namesOf(model).includes(objectType))
  if (found.length === 1 && found[0]) return found[0]
  const types = found.map((model) => model.objectType)
  if (found.length > 1)
    throw new ToolRefusal(`"${asked}" may mean ${quoted(types)}. Name one of them.`, types)
  const names = new Map(models.flatMap((model) => namesOf(model).map((name) => [name, model])))
  const near = nearest(wanted, names.keys()).map((name) => names.get(name)?.objectType ?? '')
  const hint = hintFor(wanted)
  throw new ToolRefusal(
    `There is no model "${asked}" in Nautobot.${hint ? ` ${hint}` : ''}`,
    [...new Set(near)].filter(Boolean)
  )
}

/** Models that have a word in one of their names; none for a word that stands for some objects of a model. */
export function findModels(models: readonly NautobotModel[], word: string): NautobotModel[] {
  const wanted = plain(word)
  if (wanted === '' || hintFor(wanted)) return []
  return models.filter((model) => namesOf(model).some((name) => name.includes(wanted)))
}
