/** A location with what its name does not tell. */
export interface Place {
  readonly name: string
  readonly facility: string
  readonly description: string
}

const EMEA = ['EMEA']
const AMER = ['AMER']
const APAC = ['APAC']
const UNITED_KINGDOM = ['United Kingdom', 'UK']
const UNITED_STATES = ['United States', 'United States of America', 'USA']

/**
 * What people call areas, and how networks call them: the first name that Nautobot has. Parts of an area (North America)
 * are left out: their answer would be too broad.
 */
const AREAS: Readonly<Record<string, readonly string[]>> = {
  europe: EMEA,
  european: EMEA,
  america: AMER,
  americas: AMER,
  american: AMER,
  asia: APAC,
  asian: APAC,
  pacific: APAC,
  'asia pacific': APAC,
  uk: UNITED_KINGDOM,
  gb: UNITED_KINGDOM,
  british: UNITED_KINGDOM,
  'great britain': UNITED_KINGDOM,
  usa: UNITED_STATES,
  states: UNITED_STATES,
  holland: ['Netherlands'],
  dutch: ['Netherlands'],
  german: ['Germany'],
  japanese: ['Japan'],
  brazilian: ['Brazil']
}
const CODE = /^([a-z]{3})\d+$/i
const MIN_CLUE_CHARACTERS = 3

/** Whether a name is written like the code of a site: `AMS01`. */
export function isSiteCode(name: string): boolean {
  return CODE.test(name)
}

const words = (text: string) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)

/** The location that people mean by the name of an area, a city or a building; undefined when several would fit, or none. */
export function placeMeant(said: string, places: readonly Place[]): string | undefined {
  const area = words(said).filter(Boolean).join(' ')
  const meant = Object.hasOwn(AREAS, area) ? (AREAS[area] ?? []) : []
  const known = meant.find((name) => places.some((place) => place.name === name))
  if (known) return known
  const fitting = placesLike(said, places)
  const [only] = fitting
  if (!only || fitting.length > 1) return undefined
  const isCode = CODE.exec(only.name)?.[1]?.toLowerCase() === said.toLowerCase()
  return isCode || isMentioned(said, only) ? only.name : undefined
}

/** The locations that a name hints at: by the letters of their code, or by what is written on them. */
export function placesLike(said: string, places: readonly Place[]): readonly Place[] {
  return places.filter((place) => beginsAlike(said, place.name) || isBuilding(said, place))
}

/** Codes of sites often begin like their city: a hint, not an answer. */
function beginsAlike(said: string, place: string): boolean {
  const start = said.slice(0, 3).toLowerCase()
  return start.length === 3 && CODE.exec(place)?.[1]?.toLowerCase() === start
}

function isMentioned(said: string, place: Place): boolean {
  return words(place.description).includes(said.toLowerCase()) || isBuilding(said, place)
}

/** Its operator, which comes first, or its code; words such as "office" are on too many buildings. */
function isBuilding(said: string, { facility }: Place): boolean {
  const text = said.toLowerCase()
  if (text.length < MIN_CLUE_CHARACTERS || facility === '') return false
  const parts = words(facility)
  const isCode = /\d/.test(text) && /\p{L}/u.test(text) && parts.includes(text)
  return parts.join(' ') === text || isCode || (!/\d/.test(text) && parts[0] === text)
}

/** As shown behind the name that it stands for. */
export function asSaid(said: string): string {
  return said.length <= 3
    ? said.toUpperCase()
    : said.replace(/^./, (letter) => letter.toUpperCase())
}
