import { isRecord } from '../platform/json.ts'
import { SENSITIVE_NAME } from '../platform/sensitive-names.ts'

/** Stands where something is that Nautobot shows to the asker, but that is not for a model to read. */
export const NOT_SHOWN = '(not shown here)'
/** `max_tokens` is no secret, and a PIN is one. */
const SECRET_NUMBER = /(community|key|passphrase|passw(or)?d|psk|secret|token)$/i

/** Whether a field of this name may hold a secret, and this is one. */
export function isSecret(name: string, value: unknown): boolean {
  if (!SENSITIVE_NAME.test(name)) return false
  if (Array.isArray(value)) return value.some((item) => isSecret(name, item))
  if (typeof value === 'number') return SECRET_NUMBER.test(name)
  return (typeof value === 'string' && value !== '') || isRecord(value)
}

/** A plain value or a document, with {@link NOT_SHOWN} for what may be a secret at whatever depth. */
export function withoutSecrets(name: string, value: unknown): unknown {
  if (isSecret(name, value)) return NOT_SHOWN
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(name, item))
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutSecrets(key, item)])
  )
}

/** For the asker, who may look there themselves. */
export const notShownGap = (name: string, isPart = false) =>
  `${isPart ? 'A part of ' : ''}"${name}" is not shown here; its page in Nautobot may show it.`
