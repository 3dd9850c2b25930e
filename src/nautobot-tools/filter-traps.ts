import type { Filter } from './filter.ts'
import type { ModelDescription } from './nautobot-model.ts'
import { ToolRefusal } from './tool-failure.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Below every value of a custom field that is set. */
const LOWEST: Readonly<Record<string, string>> = {
  // Of times; a custom field of text has no "less than".
  CustomFieldCharFilter: '0001-01-01T00:00:00+00:00',
  CustomFieldDateFilter: '0001-01-01',
  CustomFieldNumberFilter: '-2147483648'
}

/**
 * Nautobot takes an address without a mask for one with the longest, and finds none where the address has another.
 * Throws {@link ToolRefusal}.
 */
export function refuseBareAddress({ name, values }: Filter): void {
  const bare = values.find((value) => !value.includes('/') && !UUID.test(value))
  if (name !== 'ip_addresses' || bare === undefined) return
  throw new ToolRefusal(
    `The filter "ip_addresses" takes an address with its mask as Nautobot has it, such as ${bare}/24. ` +
      `Ask get for ${bare}: it tells the mask, and what has the address.`
  )
}

/** "Less than" is true in Nautobot of a custom field that is null: a lower bound leaves these objects out. */
export function addLowerBounds(
  filters: readonly Filter[],
  { filters: described }: ModelDescription
): readonly Filter[] {
  const names = new Set(filters.map(({ name }) => name))
  const bounds = filters.flatMap(({ name, kind }): Filter[] => {
    const base = /^(cf_.+)__lte?$/.exec(name)?.[1] ?? ''
    const lowest = LOWEST[described.get(base)?.type ?? '']
    if (lowest === undefined || names.has(`${base}__gte`) || names.has(`${base}__gt`)) return []
    return [{ name: `${base}__gte`, kind, values: [lowest] }]
  })
  return [...filters, ...bounds]
}
