/** Measures time, and apart from it the time in which somebody holds it. */
export interface Stopwatch {
  /** Without what it was held. */
  elapsedMs(): number
  heldMs(): number
  isHeld(): boolean
  /** It stands still until what is answered is called, and until everybody else who holds it lets go. */
  hold(): () => void
}

/** `onTurn` hears when it stops, and when it goes on. */
export function startStopwatch(onTurn: () => void): Stopwatch {
  const startedAt = performance.now()
  let holders = 0
  let heldSince = 0
  let heldBeforeMs = 0

  const heldMs = () => heldBeforeMs + (holders > 0 ? performance.now() - heldSince : 0)

  function release(): void {
    if (holders === 1) heldBeforeMs = heldMs()
    holders -= 1
    if (holders === 0) onTurn()
  }

  return {
    elapsedMs: () => performance.now() - startedAt - heldMs(),
    heldMs,
    isHeld: () => holders > 0,
    hold() {
      if (holders === 0) heldSince = performance.now()
      holders += 1
      if (holders === 1) onTurn()
      let isReleased = false
      return () => {
        if (!isReleased) release()
        isReleased = true
      }
    }
  }
}
