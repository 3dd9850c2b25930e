/** Something an answer states that the data can show or not show. */
export type Claim = NameClaim | NumberClaim | AddressClaim

interface Place {
  readonly text: string
  /** UTF-16 units of the answer. */
  readonly start: number
  readonly end: number
  /** Number of its line, from 0. */
  readonly line: number
  /** Number of its cell in a row of a table, from 0; undefined outside of tables. */
  readonly cell: number | undefined
}

export interface NameClaim extends Place {
  readonly kind: 'name'
}

export interface AddressClaim extends Place {
  readonly kind: 'address'
}

export interface NumberClaim extends Place {
  readonly kind: 'number'
  /** What it may mean: `1.234` is both 1234 and 1.234. */
  readonly readings: readonly Reading[]
  readonly isPercent: boolean
  /** Written with a unit that has sizes (Gbps, kW), so the data may have it in another size. */
  readonly hasUnit: boolean
  /** "about", "over", "rund". */
  readonly isRough: boolean
  /** Names something (a VLAN, an AS, a prefix length): only the data itself can have it. */
  readonly isLiteral: boolean
}

export interface Reading {
  readonly value: number
  /** Half of the last place that is written: 0.05 in `1.2`, 50 in `1.2k`, 0 where it is exact. */
  readonly tolerance: number
}

export type Verdict = 'found' | 'missing'

export interface CheckedClaim {
  readonly claim: Claim
  readonly verdict: Verdict
}
