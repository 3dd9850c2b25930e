import { modelOf } from './sample-models.ts'
import { findWithHelp, readNumber } from './sample-question.ts'
import type { RestRequest } from './sample-rest.ts'
import type { SampleObject } from './sample-store.ts'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 50

/** The shim's change log, newest first, with what each change did. */
export function changeLog(request: RestRequest): Readonly<Record<string, unknown>> {
  const filters = new Map<string, readonly string[]>()
  for (const name of new Set(request.query.keys())) filters.set(name, request.query.getAll(name))
  const limit = readNumber(filters, 'limit', { otherwise: DEFAULT_LIMIT, max: MAX_LIMIT })
  const found = findWithHelp(request, modelOf('extras.objectchange'), filters)
  return { count: found.length, changes: found.slice(0, limit).map(show) }
}

function show({ id, values }: SampleObject) {
  return {
    id,
    time: values.time,
    user_name: values.user_name,
    action: values.action,
    object_type: values.changed_object_type,
    object_id: values.changed_object_id,
    object_repr: values.object_repr,
    owner: null,
    change_context_detail: values.change_context_detail,
    fields: values.differences,
    withheld: [],
    more_fields: 0
  }
}
