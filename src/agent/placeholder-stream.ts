/** The longest placeholder, `[hidden-0123456789]`, without its end. */
const MAX_BEGUN_CHARACTERS = 18
/** How a text ends that may go on as a placeholder. */
const BEGUN = /^\[(?:[a-z]{0,6}|(?:email|phone|hidden)-[0-9a-f]{0,10})$/

/** Restores a text that comes in pieces. Only an end that may be the beginning of a placeholder is held back. */
export function createPlaceholderStream(restore: (text: string) => string) {
  let held = ''
  return {
    /** What can be passed on of it. */
    push(delta: string): string {
      const text = held + delta
      const at = text.lastIndexOf('[')
      const end = at < 0 ? '' : text.slice(at)
      held = end !== '' && end.length <= MAX_BEGUN_CHARACTERS && BEGUN.test(end) ? end : ''
      return restore(held === '' ? text : text.slice(0, at))
    },
    /** What was held back. */
    flush(): string {
      const rest = held
      held = ''
      return rest
    }
  }
}
