import type { SampleChange } from './network.schema.ts'
import { CREATED_HOURS_AGO, idOf, NETWORK } from './sample-source.ts'
import { type SampleStore, sampleId } from './sample-store.ts'
import { LOCATION_PATHS } from './sample-users.ts'

const HOUR_MS = 3_600_000

interface Entry {
  readonly change: SampleChange
  readonly action: string
  readonly user: string
  readonly hoursAgo: number
  readonly detail: string
}

/** An ISO time some hours before `nowMs`. */
export function hoursBefore(nowMs: number, hours: number): string {
  return new Date(nowMs - hours * HOUR_MS).toISOString()
}

/** Adds the change log, with times relative to now, and gives changed objects the time of their last change. */
export function loadChanges(store: SampleStore, nowMs: number): void {
  for (const change of NETWORK.changes) {
    const { action, user, hoursAgo } = change
    addEntry(store, nowMs, {
      change,
      action: 'create',
      user: 'admin',
      hoursAgo: CREATED_HOURS_AGO,
      detail: 'import'
    })
    addEntry(store, nowMs, { change, action, user, hoursAgo, detail: 'maintenance' })
    touch(store, change, hoursBefore(nowMs, hoursAgo))
  }
}

function addEntry(store: SampleStore, nowMs: number, entry: Entry): void {
  const { change, action, user, hoursAgo, detail } = entry
  const { objectType, name, field } = change
  const id = sampleId(NETWORK.idNamespace, 'extras.objectchange', `${objectType}:${name}:${action}`)
  const value = action === 'create' ? change.before : change.after
  const objectId = idOf(objectType, name)
  store.put({
    id,
    objectType: 'extras.objectchange',
    display: `${objectType} ${name} ${action}d by ${user}`,
    label: name,
    values: {
      time: hoursBefore(nowMs, hoursAgo),
      user_name: user,
      request_id: sampleId(NETWORK.idNamespace, 'request', id),
      action,
      changed_object_type: objectType,
      changed_object_id: objectId,
      object_repr: name,
      change_context: 'orm',
      change_context_detail: detail,
      object_data: field === null ? { name } : { name, [field]: value },
      // Not shown: what the shim's filters and its answer go by.
      objects: [objectId, name],
      places: placesOf(store, entry, objectId),
      differences: differencesOf(entry)
    }
  })
}

/** Where the object is now; of one that is gone its deletion alone tells where it was. */
function placesOf(store: SampleStore, { change, action }: Entry, id: string | null) {
  const object = store.get(id ?? '')
  const path = LOCATION_PATHS[change.objectType]
  if (object && path) return store.pluck(object, path)
  return action === 'delete' ? [placeOfRemoved(change)] : []
}

/** Removed devices were where their name says. */
function placeOfRemoved({ name }: SampleChange): string | null {
  return idOf('dcim.location', name.split('-')[0]?.toUpperCase() ?? '')
}

function differencesOf({ change, action }: Entry) {
  const { field, before, after, name } = change
  if (action === 'create') return null
  if (action === 'delete') return [{ field: 'name', before: name, after: null }]
  return field === null ? [] : [{ field, before, after }]
}

function touch(store: SampleStore, change: SampleChange, time: string): void {
  const changed = store.get(idOf(change.objectType, change.name) ?? '')
  if (changed) store.put({ ...changed, values: { ...changed.values, last_updated: time } })
}
