import { addresses, prefixes } from './address-filters.ts'
import { devices } from './device-filters.ts'
import { interfaces } from './interface-filters.ts'
import { circuits, locations, racks, vlans } from './other-filters.ts'
import type { Condition } from './sql.ts'

/** A filter as the tools take it, and the same by hand. */
export interface AskedFilter {
  /** What kind of filter it is, in words. */
  readonly kind: string
  readonly ask: Readonly<Record<string, string | number | boolean | readonly string[]>>
  readonly where: Condition
}

/** A related object, whose name a user may not see. */
export interface Related {
  readonly of: string
  /** Its id, on `t`. */
  readonly id: string
  /** Its name, on `r`; default: `r.name`. */
  readonly label?: string
}

/** Plain values are SQL on `t`. */
export type Column = string | Related

export interface AskedModel {
  readonly objectType: string
  readonly table: string
  readonly filters: readonly AskedFilter[]
  /** What lists are asked for. */
  readonly columns: Readonly<Record<string, Column>>
  readonly groups: Readonly<Record<string, Column>>
}

/** What filters name, and only the database knows. */
export interface Ids {
  /** Of a loopback, with its mask. */
  readonly address: string
  readonly device: string
  readonly prefix: string
  readonly vlan: string
}

export const modelsToAsk = (ids: Ids): readonly AskedModel[] => [
  devices(ids),
  interfaces(ids),
  addresses(ids),
  prefixes(ids),
  vlans,
  racks,
  locations,
  circuits
]
