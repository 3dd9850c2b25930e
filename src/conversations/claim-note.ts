/** What an answer states, compared with the conversation's data; kept with its message. */
export interface ClaimNote {
  /** How many claims the data has, or follow from what it has. */
  readonly found: number
  /** How many it has not. */
  readonly missing: number
  /** Claims to link or to mark, in their order, at most 200. */
  readonly marks: readonly ClaimMark[]
}

export interface ClaimMark {
  readonly text: string
  /** UTF-16 units of the message's text, whose lines end with `\n`. */
  readonly start: number
  readonly end: number
  readonly verdict: 'found' | 'missing'
  /** Nautobot's page of what was found. */
  readonly url?: string
}
