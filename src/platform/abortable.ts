/**
 * What `work` resolves to, or a rejection with the reason of `signal`'s abort, whichever comes first. The work itself
 * goes on: it belongs to others too.
 */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  // Not thrown at once: the race is what keeps a later failure of the work from going unhandled.
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
