/** One yes or no that this browser remembers; where it forbids that, `fallback` each time. */
export interface KeptChoice {
  get(): boolean
  keep(value: boolean): void
}

export function createKeptChoice(key: string, fallback: boolean): KeptChoice {
  return {
    get() {
      try {
        const kept = globalThis.localStorage.getItem(key)
        return kept === null ? fallback : kept === 'yes'
      } catch {
        return fallback
      }
    },
    keep(value) {
      try {
        globalThis.localStorage.setItem(key, value ? 'yes' : 'no')
      } catch {
        // Forbidden or full: the open page still has it.
      }
    }
  }
}
