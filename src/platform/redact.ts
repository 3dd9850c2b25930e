import type { Secret } from './secret.ts'

const PRINTED = '[secret]'

/** A shorter one is in too many texts by chance. */
const MIN_SECRET_CHARACTERS = 8

/**
 * `text` without the secret. For words of the very server that a secret was sent to: some repeat it in their error
 * messages, which end in logs and answers.
 */
export function redact(text: string, secret: Secret | undefined): string {
  const value = secret?.reveal()
  if (value === undefined || value.length < MIN_SECRET_CHARACTERS) return text
  const escaped = JSON.stringify(value).slice(1, -1)
  return text.replaceAll(value, PRINTED).replaceAll(escaped, PRINTED)
}

/** An HTTP error without the secret in its body; any other response as it is. */
export async function redactError(
  response: Response,
  secret: Secret | undefined
): Promise<Response> {
  if (response.status < 400 || !secret) return response
  const { status, statusText, headers } = response
  return new Response(redact(await response.text(), secret), { status, statusText, headers })
}
