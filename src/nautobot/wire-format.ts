import { AppError } from '../errors.ts'
import type { Query } from './client.types.ts'

/** A bare uWSGI reads request line and headers into 4,096 bytes and hangs up on more; headers take about 400. */
const MAX_PATH_BYTES = 3_500
const MAX_REQUEST_BYTES = 1_048_576

/** Path and query; an array repeats the name. Throws INVALID_REQUEST beyond what a bare uWSGI reads. */
export function withQuery(path: string, query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const item of Array.isArray(value) ? value : [value]) search.append(name, String(item))
  const text = search.toString()
  const full = text ? `${path}?${text}` : path
  if (full.length > MAX_PATH_BYTES)
    throw new AppError('INVALID_REQUEST', 'These filters are too long for one request.', {
      details: { maxBytes: MAX_PATH_BYTES }
    })
  return full
}

/** A body as JSON. Throws PAYLOAD_TOO_LARGE. */
export function encode(body: unknown): string {
  const text = JSON.stringify(body)
  if (Buffer.byteLength(text) > MAX_REQUEST_BYTES)
    throw new AppError('PAYLOAD_TOO_LARGE', 'This is too large to send to Nautobot.', {
      details: { maxBytes: MAX_REQUEST_BYTES }
    })
  return text
}

/** Parsed JSON; the text itself when it is none, as with Django's HTML error pages. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
