import { isRecord } from '../../platform/json.ts'
import { notShownGap, withoutSecrets } from '../sensitive.ts'
import type { TypedField } from './typed-fields.ts'

/**
 * The data of an answer without what may be a secret, whatever alias it has, with a sentence for each field where
 * something was left out.
 */
export function hideSecrets(roots: readonly TypedField[], data: Readonly<Record<string, unknown>>) {
  const gaps = new Set<string>()

  function plain({ selected, path }: TypedField, value: unknown): unknown {
    const shown = withoutSecrets(selected.name, value)
    const isPart = typeof shown !== 'string'
    if (JSON.stringify(shown) !== JSON.stringify(value)) gaps.add(notShownGap(path, isPart))
    return shown
  }

  function below(fields: readonly TypedField[], value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => below(fields, item))
    return isRecord(value) ? object(fields, value) : value
  }

  function object(fields: readonly TypedField[], value: Readonly<Record<string, unknown>>) {
    const shown: Record<string, unknown> = { ...value }
    for (const field of fields) {
      const { key } = field.selected
      if (!(key in shown)) continue
      const { type, children } = field
      shown[key] = type.isComposite ? below(children, shown[key]) : plain(field, shown[key])
    }
    return shown
  }

  return { data: object(roots, data), gaps: [...gaps] }
}
