import { isRecord } from '../platform/json.ts'

/** What is known of an error that the provider answered; see `APIError` of the openai package. */
export interface ProviderRefusal {
  readonly status: number
  readonly headers?: HeadersLike | undefined
  /** The `error` of the answer. */
  readonly error?: unknown
  readonly code?: unknown
}

export interface HeadersLike {
  get(name: string): string | null
}

/** Categories of Azure's filter, as people call them; others are not told. */
const CATEGORIES: Readonly<Record<string, string>> = {
  hate: 'hate',
  jailbreak: 'jailbreak',
  indirect_attack: 'indirect attack',
  profanity: 'profanity',
  protected_material_code: 'protected code',
  protected_material_text: 'protected text',
  self_harm: 'self-harm',
  sexual: 'sexual',
  violence: 'violence'
}

export function isContentFiltered({ code, error }: ProviderRefusal): boolean {
  return [code, fieldOf(error, 'code')].some(
    (one) => one === 'content_filter' || one === 'content_policy_violation'
  )
}

/** What of the request hit Azure's filter. */
export function filteredCategories({ error }: ProviderRefusal): string[] {
  const inner = fieldOf(error, 'innererror')
  const results = fieldOf(inner, 'content_filter_result')
  if (!isRecord(results)) return []
  return Object.entries(CATEGORIES).flatMap(([category, name]) =>
    fieldOf(results[category], 'filtered') === true ? [name] : []
  )
}

/** Nothing that a little patience helps against, though it comes as a rate limit. */
export function isQuotaUsedUp({ code, error }: ProviderRefusal): boolean {
  return [code, fieldOf(error, 'code'), fieldOf(error, 'type')].includes('insufficient_quota')
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}
