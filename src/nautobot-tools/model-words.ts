import type { FieldDescription, FilterDescription, ModelDescription } from './nautobot-model.ts'

/** About an answer of the REST API, or asked otherwise. */
const NOT_FIELDS = new Set([
  'computed_fields',
  'custom_fields',
  'display',
  'natural_slug',
  'notes_url',
  'object_type',
  'relationships',
  'url'
])

const SUFFIXES: Readonly<Record<string, string>> = {
  n: 'is not',
  ic: 'contains',
  ie: 'equals, whatever the case',
  isw: 'starts with',
  iew: 'ends with',
  re: 'matches the regular expression',
  ire: 'matches the regular expression, whatever the case',
  gt: 'greater',
  gte: 'greater or equal',
  lt: 'less',
  lte: 'less or equal',
  isnull: 'true: has no value'
}

/** `__ic` in words; `nic` is the opposite of `ic`. Undefined for one that an app has made up. */
export function suffixWords(suffix: string): string | undefined {
  const opposite = suffix.startsWith('n') ? SUFFIXES[suffix.slice(1)] : undefined
  return SUFFIXES[suffix] ?? (opposite && `not: ${opposite}`)
}

/** What a value of a field is: `text`, `dcim.location`. */
export function fieldKind({ type, related, choices }: FieldDescription): string {
  if (related) return related
  if (type.includes('ManyRelated')) return 'several objects'
  if (type === 'SerializerMethodField') return 'computed'
  if (choices || type.includes('Choice')) return 'choice'
  if (/Boolean/.test(type)) return 'true or false'
  if (/Integer|Float|Decimal/.test(type)) return 'number'
  if (/Date/.test(type)) return 'time'
  return type === 'JSONField' ? 'data' : 'text'
}

/** What a filter takes. */
export function filterKind({ type, related }: FilterDescription): string {
  if (type.includes('Boolean')) return 'true or false'
  if (type.startsWith('TreeNode')) return 'name or id, with everything below it'
  if (related) return 'name or id'
  if (/Number|Numeric|Decimal|Float/.test(type)) return 'number'
  return type.includes('Date') ? 'time' : 'text'
}

/** What a find can show, by what it is; related objects by their model. */
export function fieldWords({ fields, filters }: ModelDescription) {
  const plain: Record<string, string[]> = {}
  const relations: Record<string, string> = {}
  const custom = [...filters.keys()].filter((name) => name.startsWith('cf_'))
  for (const [name, field] of fields) {
    if (NOT_FIELDS.has(name)) continue
    const kind = fieldKind(field)
    if (field.related) relations[name] = kind
    else plain[kind] = [...(plain[kind] ?? []), name]
  }
  const joined = Object.entries(plain).map(([kind, names]) => [kind, names.join(' ')])
  return {
    ...Object.fromEntries(joined),
    ...(custom.length > 0 && { 'custom fields': custom.join(' ') }),
    related: relations
  }
}

/** Filters that take the same, together: hundreds of lines in a handful. */
export function filterWords({ filters }: ModelDescription) {
  const groups = new Map<string, { takes: string; suffixes: string; names: string[] }>()
  for (const [name, filter] of filters) {
    const [takes, suffixes] = [filterKind(filter), (filter.lookups ?? []).join(' ')]
    const key = `${takes}|${suffixes}`
    const group = groups.get(key) ?? { takes, suffixes, names: [] }
    group.names.push(name)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ takes, suffixes, names }) => ({
    takes,
    ...(suffixes && { suffixes }),
    names: names.join(' ')
  }))
}

/** What the suffixes of a model's filters mean. */
export function suffixLegend({ filters }: ModelDescription): Record<string, string> {
  const used = new Set([...filters.values()].flatMap(({ lookups = [] }) => lookups))
  const positive = Object.entries(SUFFIXES).filter(([suffix]) => used.has(suffix))
  const hasOpposites = [...used].some((suffix) => suffix.length > 1 && suffix.startsWith('n'))
  return {
    ...Object.fromEntries(positive.map(([suffix, words]) => [`__${suffix}`, words])),
    ...(hasOpposites && { '__n…': 'the opposite: __nic does not contain' })
  }
}
