import { isWithin, parseIp } from './ip.ts'
import written from './network.json' with { type: 'json' }
import type { SampleNetwork } from './network.schema.ts'
import { type SampleObject, sampleId } from './sample-store.ts'

/** The one sample network, as written. */
export const NETWORK = written as SampleNetwork

/** Hours before now at which everything in the sample was created. */
export const CREATED_HOURS_AGO = 720

/** Id of an object of the sample network by its key, or null for no key. */
export function idOf(objectType: string, key: string | null | undefined): string | null {
  return key === null || key === undefined ? null : sampleId(NETWORK.idNamespace, objectType, key)
}

interface Written {
  readonly display?: string
  readonly label?: string
  readonly values: Readonly<Record<string, unknown>>
}

/** Adds an object under its key in the sample network. */
export type Add = (objectType: string, key: string, written: Written) => SampleObject

/** The smallest network of the sample around an address or network. */
export function networkAround(address: string, inclusive: boolean): string | null {
  const inner = parseIp(address)
  if (!inner) return null
  const around = NETWORK.prefixes
    .map(({ prefix }) => ({ prefix, range: parseIp(prefix) }))
    .filter(({ range }) => range !== undefined && isWithin(inner, range, inclusive))
    .toSorted((left, right) => (right.range?.length ?? 0) - (left.range?.length ?? 0))
  return around[0]?.prefix ?? null
}
