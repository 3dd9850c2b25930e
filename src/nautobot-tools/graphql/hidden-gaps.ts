import { isRecord } from '../../platform/json.ts'
import type { UserModels } from '../nautobot-model.ts'
import type { PlannedList } from './planned-lists.ts'
import type { TypedField } from './typed-fields.ts'

interface Parts {
  readonly roots: readonly TypedField[]
  readonly lists: ReadonlyMap<TypedField, PlannedList>
  readonly viewable: UserModels['viewable']
}

const objectsOf = (value: unknown) => (Array.isArray(value) ? value : [value]).filter(isRecord)

/** Relations that must be set: where one is null, it is hidden. */
function isRequired(name: string, parent: PlannedList | undefined): boolean {
  return parent?.counted?.around.description.fields.get(name)?.required ?? false
}

/**
 * GraphQL shows what the user may not view as null, or as an empty list, like what is not set: sentences about the
 * relations that are hidden.
 */
export function hiddenGaps(
  { roots, lists, viewable }: Parts,
  data: Readonly<Record<string, unknown>>
): string[] {
  function ofField(
    field: TypedField,
    parents: readonly Record<string, unknown>[],
    parentList: PlannedList | undefined
  ): string[] {
    const { key, name } = field.selected
    const list = lists.get(field)
    const values = parents.flatMap((parent) => objectsOf(parent[key]))
    const below = field.children.flatMap((child) => ofField(child, values, list))
    const empty = parents.filter((parent) => key in parent && parent[key] === null).length
    const mayNotView = field.model !== undefined && !viewable.has(field.model.objectType)
    const isHidden = mayNotView || isRequired(name, parentList)
    if (list?.isHidden) return [`"${field.path}" is hidden: your rights do not show it.`]
    if (!field.type.isComposite || empty === 0 || !isHidden) return below
    const share = `${empty} of ${parents.length} objects`
    return [`"${field.path}" is hidden in ${share}: your rights do not show it.`, ...below]
  }

  return roots.flatMap((root) => {
    const objects = objectsOf(data[root.selected.key])
    return root.children.flatMap((child) => ofField(child, objects, lists.get(root)))
  })
}
