import type { ProofLink } from '../tool-server.ts'
import type { NautobotModel } from './nautobot-model.ts'
import type { ObjectAnswer, RelatedList } from './object-reading.ts'
import { objectLink, relatedLink } from './proof-links.ts'

/** Of the first objects of all lists; how many there are is always told. */
const MAX_TEXT_CHARACTERS = 6_000
const MAX_LINKS = 8
/** Of a list that Nautobot's pages cannot show. */
const MAX_OBJECT_LINKS = 2

/** `xe-0/0/1 (addresses: 10.0.0.1/24; connected to: ams01-sw-1 eth0)`. */
function words({ label, facts }: RelatedList['objects'][number]): string {
  const told = Object.entries(facts).map(([word, labels]) => {
    return `${word.replaceAll('_', ' ')}: ${labels.join(', ')}`
  })
  return told.length > 0 ? `${label} (${told.join('; ')})` : label
}

function listsOf(related: readonly RelatedList[]) {
  let left = MAX_TEXT_CHARACTERS
  const lists = related.map(({ name, count, objects }) => {
    const first = objects.map(words)
    left -= JSON.stringify(first).length
    return [name, left >= 0 ? { count, first } : { count }] as const
  })
  return Object.fromEntries(lists)
}

/** What points at an object, for a model to read; parts that would be empty are left out. */
export function relatedWords({ related, none, hidden }: ObjectAnswer) {
  return {
    ...(related.length > 0 && { related: listsOf(related) }),
    ...(none.length > 0 && { related_none: none.join(' ') }),
    ...(hidden.length > 0 && { related_hidden_by_your_rights: hidden.join(' ') })
  }
}

export interface Linking {
  readonly publicUrl: string
  readonly models: readonly NautobotModel[]
  /** What the object is called. */
  readonly label: string
}

/** The lists with the numbers that were told; the objects themselves where Nautobot has no such list. */
export function relatedLinks({ related }: ObjectAnswer, { publicUrl, models, label }: Linking) {
  const links = related.flatMap(({ name, object_type, count, filters, objects }): ProofLink[] => {
    const model = models.find(({ objectType }) => objectType === object_type)
    if (!model) return []
    const title = `${name.replaceAll('_', ' ')} of ${label}: ${count}`
    if (filters) return relatedLink(publicUrl, model, { title, filters })
    return objects.slice(0, MAX_OBJECT_LINKS).flatMap((one) => {
      return objectLink(publicUrl, model, one.id, `${model.name} ${one.label}`)
    })
  })
  return links.slice(0, MAX_LINKS)
}
