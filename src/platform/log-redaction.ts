const PRINTED = '[secret]'
const SENSITIVE_NAME =
  /authorization|cookie|token|secret|passw|passphrase|credential|grant|api[-_]?key|private[-_]?key|^key$/i
const MAX_DEPTH = 6
const MAX_ENTRIES = 100
const MAX_CAUSES = 5
const MAX_TEXT_CHARACTERS = 8_192

/** Hides credentials inside a sentence: schemes of authorization headers, user names in addresses, keys. */
export function redactText(text: string): string {
  return text
    .slice(0, MAX_TEXT_CHARACTERS)
    .replace(/\b(Bearer|Token|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${PRINTED}`)
    .replace(/(\w:\/\/)[^/\s@]+@/g, `$1${PRINTED}@`)
    .replace(
      /\b((?:api[-_]?key|token|password|secret)["']?\s*[=:]\s*["']?)[^\s"'&,]+/gi,
      `$1${PRINTED}`
    )
    .replace(/\bsk-[\w-]{8,}/g, PRINTED)
    .replace(/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, PRINTED)
}

/**
 * A copy fit for a log: what stands under a telling name is hidden at any depth, errors lose everything but
 * their message, stack and cause (an HTTP client's errors carry requests with headers).
 */
export function redactForLog(value: unknown): unknown {
  return redactValue(value, 0)
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return describeError(value)
  if ('toJSON' in value && typeof value.toJSON === 'function') return value.toJSON()
  if (depth >= MAX_DEPTH) return '[deep]'
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ENTRIES).map((entry) => redactValue(entry, depth + 1))
  }
  return redactRecord(value, depth)
}

function redactRecord(value: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(value).slice(0, MAX_ENTRIES)
  return Object.fromEntries(
    entries.map(([name, entry]) => {
      // Numbers under such a name are counts: inputTokens.
      const hidden = SENSITIVE_NAME.test(name) && /^(string|object)$/.test(typeof entry)
      return [name, hidden ? PRINTED : redactValue(entry, depth + 1)]
    })
  )
}

/** What a log may keep of an error: no requests, no headers, no bodies. */
export function describeError(error: Error, causes = 0): Record<string, unknown> {
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  return {
    type: error.name,
    message: redactText(error.message),
    ...(typeof code === 'string' && { code }),
    stack: redactText(error.stack ?? ''),
    ...(cause instanceof Error &&
      causes < MAX_CAUSES && { cause: describeError(cause, causes + 1) })
  }
}
