import written from '../../../../src/lab/network.json' with { type: 'json' }
import type { SampleDevice, SampleNetwork } from '../../../../src/lab/network.schema.ts'

/** The network as written: what every number is checked against. */
export const network = written as SampleNetwork

/** A location and all below it. */
export function below(name: string): string[] {
  const children = network.locations.filter(({ parent }) => parent === name)
  return [name, ...children.flatMap((child) => below(child.name))]
}

export function devices(fits: (device: SampleDevice) => boolean = () => true): SampleDevice[] {
  return network.devices.filter(fits)
}

export const at = (place: string) => {
  const places = below(place)
  return ({ location }: { location: string | null }) => places.includes(location ?? '')
}
