/** What stands for every value beyond the bound. */
export const OTHER_LABEL = 'other'

/** The value itself for the first `maxValues` different ones, `other` for the rest: series of a metric live as long as the process. */
export function createBoundedLabel(maxValues: number): (value: string) => string {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= maxValues) return OTHER_LABEL
    known.add(value)
    return value
  }
}
