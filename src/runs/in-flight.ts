/** Work that has begun and whose end somebody may wait for. */
export interface InFlight {
  track<T>(work: Promise<T>): Promise<T>
  /** Resolves when what is under way now is over, however it ends. Never rejects. */
  ended(): Promise<void>
}

export function createInFlight(): InFlight {
  const under = new Set<Promise<unknown>>()
  return {
    track(work) {
      under.add(work)
      const forget = () => void under.delete(work)
      work.then(forget, forget)
      return work
    },
    async ended() {
      await Promise.allSettled(under)
    }
  }
}
