import { matchGroup, splitWords } from './lab-words.ts'

const SORTED =
  /\b(?:sorted|ordered|sort(?: it| them)?|in order of|in the order of)\s+(?:by\s+)?(?:the\s+)?((?:[a-z]+[ ,]*){1,4})/i
const DESCENDING =
  /\b(?:desc(?:ending)?|reverse(?:d)?|backwards|(?:largest|highest|last|newest) first)\b/i
/** Fields that are no groups. */
const FIELDS: Readonly<Record<string, string>> = {
  name: 'name',
  serial: 'serial',
  address: 'name',
  prefix: 'name',
  vid: 'vid',
  id: 'vid',
  position: 'position',
  height: 'u_height',
  speed: 'commit_rate',
  rate: 'commit_rate',
  description: 'description'
}
/** Words of places stand for the location: a list has no column of its own for them. */
const PLACES = new Set(['site', 'region', 'country'])
const MAX_FIELDS = 2

function fieldOf(words: readonly string[]): readonly [field: string, words: number] | undefined {
  const [word = ''] = words
  const plain = FIELDS[word.toLowerCase()]
  if (plain) return [plain, 1]
  const group = matchGroup(words)
  return group && [PLACES.has(group.value) ? 'location' : group.value, group.words]
}

/** Takes out `sorted by serial descending`. */
export function takeSort(question: string): { sort: readonly string[]; rest: string } {
  const [found, said = ''] = SORTED.exec(question) ?? []
  if (!found) return { sort: [], rest: question }
  const words = splitWords(said)
  const fields: string[] = []
  for (let index = 0; index < words.length && fields.length < MAX_FIELDS; ) {
    const [field, length] = fieldOf(words.slice(index)) ?? []
    if (field) fields.push(field)
    index += length ?? 1
  }
  if (fields.length === 0) return { sort: [], rest: question }
  const minus = DESCENDING.test(question) ? '-' : ''
  const rest = question.replace(found, ' ').replace(DESCENDING, ' ')
  return { sort: fields.map((field) => minus + field), rest }
}
