import type { SampleModel } from './sample-model.ts'
import { findWithHelp, refuseField } from './sample-question.ts'
import { showWithRelated } from './sample-related.ts'
import type { RestRequest } from './sample-rest.ts'

const MAX_LISTS = 60
const LIST = /^([012]) (\S+) (\S+) (.+)$/s

type ModelNamed = (objectType: string) => SampleModel

/** An object that was found, and how deep its list shows it. */
interface Found {
  readonly id: string
  readonly model: SampleModel
  readonly depth: string
}

/** The one object that is in any of some lists, as the shim shows it. @throws SampleRefusal 400 */
export function showOnly(rest: RestRequest, modelNamed: ModelNamed) {
  const given = rest.query.getAll('in')
  if (given.length < 1 || given.length > MAX_LISTS)
    throw refuseField('in', `Name 1 to ${MAX_LISTS} lists.`)
  const all = given.flatMap((text) => findIn(rest, text, modelNamed))
  const found = [...new Map(all.toReversed().map((one) => [one.id, one])).values()]
  const [only] = found
  if (!only || found.length > 1) return { found: Math.min(found.length, 2) }
  const { id, model, depth } = only
  const query = new URLSearchParams(rest.query)
  query.delete('in')
  query.set('depth', depth)
  const shown = showWithRelated({ ...rest, query }, model, id)
  return { found: 1, object_type: model.objectType, ...shown }
}

function findIn(rest: RestRequest, text: string, modelNamed: ModelNamed): Found[] {
  const [, depth, objectType = '', name = '', value = ''] = LIST.exec(text) ?? []
  if (depth === undefined)
    throw refuseField('in', 'Write depth, model, filter and value, separated by spaces.')
  const model = modelNamed(objectType)
  return findWithHelp(rest, model, new Map([[name, [value]]])).map(({ id }) => ({
    id,
    model,
    depth
  }))
}
