import { type IpRange, isWithin, parseIp } from './ip.ts'
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

let ranges: readonly { readonly prefix: string; readonly range: IpRange }[] | undefined

/** All networks of the sample, longest mask first; read once. */
function sampleRanges() {
  ranges ??= NETWORK.prefixes
    .flatMap(({ prefix }) => {
      const range = parseIp(prefix)
      return range ? [{ prefix, range }] : []
    })
    .toSorted((left, right) => right.range.length - left.range.length)
  return ranges
}

/** The smallest network of the sample around an address or network. */
export function networkAround(address: string, inclusive: boolean): string | null {
  const inner = parseIp(address)
  const around = inner && sampleRanges().find(({ range }) => isWithin(inner, range, inclusive))
  return around?.prefix ?? null
}
