import type { Secret } from './secret.ts'

const PRINTED = '[secret]'

/** A shorter one is in too many texts by chance. */
const MIN_SECRET_CHARACTERS = 8

/**
 * `text` without the secret. For words of the very server that a secret was sent to: some repeat it in their error
 * messages, which end in logs and answers.
 */
export function redactSecret(text: string, secret: Secret | undefined): string {
  const value = secret?.reveal()
  if (value === undefined || value.length < MIN_SECRET_CHARACTERS) return text
  const escaped = JSON.stringify(value).slice(1, -1)
  return text.replaceAll(value, PRINTED).replaceAll(escaped, PRINTED)
}

/** An HTTP error without the secret in its body; any other response as it is. */
export async function redactResponse(
  response: Response,
  secret: Secret | undefined
): Promise<Response> {
  if (response.status < 400 || !secret) return response
  const { status, statusText, headers } = response
  return new Response(redactSecret(await response.text(), secret), { status, statusText, headers })
}

/** Errors nest. */
const MAX_CAUSES = 8

/** Takes the secret out of what an error and its causes say, in place. */
export function redactFailure(error: unknown, secret: Secret | undefined): void {
  let cause = error
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    replace(cause, 'message', redactSecret(cause.message, secret))
    replace(cause, 'stack', redactSecret(cause.stack ?? '', secret))
    cause = cause.cause
  }
}

/** A DOMException, among others, has getters where errors have values. */
function replace(error: Error, name: 'message' | 'stack', value: string): void {
  Reflect.defineProperty(error, name, { value, configurable: true, writable: true })
}
