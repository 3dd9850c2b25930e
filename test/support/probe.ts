const INTERVAL_MS = 250
const TIMEOUT_MS = 30_000

export interface Probe {
  /** How long each request took, in milliseconds. Throws when one was not answered with 200. */
  stop(): Promise<number[]>
}

/** Asks the same of a server four times a second, whether or not it has answered before. */
export function startProbe(url: string, token: string): Probe {
  async function ask(): Promise<number> {
    const startedAt = performance.now()
    const headers = { authorization: `Token ${token}` }
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
    await answer.text()
    if (!answer.ok) throw new Error(`The probe was answered with ${answer.status}`)
    return Math.round(performance.now() - startedAt)
  }

  const asked: Promise<number>[] = []
  const timer = setInterval(() => {
    const asking = ask()
    asking.catch(() => undefined)
    asked.push(asking)
  }, INTERVAL_MS)
  return {
    async stop() {
      clearInterval(timer)
      return Promise.all(asked)
    }
  }
}
