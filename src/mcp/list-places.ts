export interface ListPlacesOptions {
  readonly maxAtATime: number
  /** What takes longer gives its place to the next one, and goes on. */
  readonly maxHeldMs: number
  /** So many may go on without a place. */
  readonly maxWithoutPlace: number
}

/** Bounds how much is done at a time, so that what is silent for long holds up nothing else. */
export interface ListPlaces {
  /**
   * Does the work when there is a place for it: hurried work in order, then the other in order.
   *
   * @param key one for each piece of work that is not done yet
   * @param keepsPlace whether it may not go on without one
   */
  run<T>(key: object, work: () => Promise<T>, keepsPlace?: boolean): Promise<T>
  /** Somebody waits for this work, if it is still to begin. */
  hurry(key: object): void
}

export function createListPlaces(options: ListPlacesOptions): ListPlaces {
  const { maxAtATime, maxHeldMs, maxWithoutPlace } = options
  const hurried = new Map<object, () => void>()
  const waiting = new Map<object, () => void>()
  let taken = 0
  let withoutPlace = 0

  /** The place goes to the next one, or is free. */
  function leave(): void {
    const queue = hurried.size > 0 ? hurried : waiting
    const [next] = queue
    if (!next) {
      taken -= 1
      return
    }
    const [key, begin] = next
    queue.delete(key)
    begin()
  }

  async function take(key: object): Promise<void> {
    if (taken >= maxAtATime) await new Promise<void>((begin) => waiting.set(key, begin))
    else taken += 1
  }

  return {
    async run(key, work, keepsPlace = false) {
      await take(key)
      let hasPlace = true
      const stepAside = () => {
        if (keepsPlace || !hasPlace || withoutPlace >= maxWithoutPlace) return
        hasPlace = false
        withoutPlace += 1
        leave()
      }
      const timer = setInterval(stepAside, maxHeldMs)
      try {
        return await work()
      } finally {
        clearInterval(timer)
        if (hasPlace) leave()
        else withoutPlace -= 1
      }
    },
    hurry(key) {
      const begin = waiting.get(key)
      if (!begin) return
      waiting.delete(key)
      hurried.set(key, begin)
    }
  }
}
