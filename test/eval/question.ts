/** What a right answer says. Names and numbers are computed from the sample network, never written down. */
export type Expectation =
  /** One number: the answer's first paragraph states it. */
  | { readonly says: 'number'; readonly number: number }
  /** Every name, and none of the others that could be meant. */
  | {
      readonly says: 'names'
      readonly names: readonly string[]
      readonly others: readonly string[]
    }
  /** A number for each label. */
  | { readonly says: 'groups'; readonly groups: Readonly<Record<string, number>> }
  /** That there is nothing of the kind. */
  | { readonly says: 'none'; readonly others: readonly string[] }
  /** That the rights of who asks do not show it; not that there is none. */
  | { readonly says: 'hidden' }
  /** Which of these is meant. */
  | { readonly says: 'which'; readonly candidates: readonly string[] }
  /** That it cannot be done or is not known here. */
  | { readonly says: 'cannot' }

export interface Turn {
  readonly ask: string
  readonly expect: Expectation
}

export const KINDS = [
  'count',
  'groups',
  'list',
  'join',
  'none',
  'hidden',
  'ambiguous',
  'follow-up',
  'relative date',
  'out of scope'
] as const
export type Kind = (typeof KINDS)[number]

/** A conversation of one turn or several; it is right when every turn is. */
export interface EvalQuestion {
  readonly id: string
  readonly kind: Kind
  /** `restricted` sees one site only. */
  readonly user: 'lab' | 'restricted'
  readonly turns: readonly Turn[]
  /**
   * A tool call that has the last turn's number or names, for the proof that the oracle and Nautobot agree. Absent where
   * no single call has them.
   */
  readonly proof?: Proof
}

export interface Proof {
  readonly model: string
  readonly filters: Readonly<Record<string, unknown>>
  /** The column with the names; without it the count is compared. */
  readonly field?: string
}
