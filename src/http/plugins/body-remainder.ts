import type { IncomingMessage } from 'node:http'

export interface RemainderLimits {
  /** A body that says it is longer, or turns out to be, is left alone. */
  readonly maxDrainBytes: number
  readonly maxDrainMs: number
}

/**
 * Reads and forgets what is left of a refused body. An answer that comes before the body has been sent closes the
 * connection under the sender's hands: nginx then tells its client of a bad gateway instead of what was too large.
 * Resolves at the body's end, at a limit, and when the sender leaves.
 */
export async function drainBody(
  request: IncomingMessage,
  { maxDrainBytes, maxDrainMs }: RemainderLimits
): Promise<void> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxDrainBytes || request.complete || request.destroyed) return
  let bytes = 0
  await new Promise<void>((resolve) => {
    const count = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxDrainBytes) finish()
    }
    const finish = () => {
      clearTimeout(timer)
      request.off('data', count).off('end', finish).off('close', finish).off('error', finish)
      resolve()
    }
    const timer = setTimeout(finish, maxDrainMs)
    request.on('data', count).once('end', finish).once('close', finish).once('error', finish)
    request.resume()
  })
}
