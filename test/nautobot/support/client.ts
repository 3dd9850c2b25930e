import { inject } from 'vitest'
import { createNautobotClient, type NautobotClientOptions } from '../../../src/nautobot/client.ts'
import type { NautobotClient, OwnedNautobotClient } from '../../../src/nautobot/client.types.ts'
import type {} from './provided.ts'

/** A client of the Nautobot at an address, with patience for a busy machine. */
export function nautobotAt(
  url: string,
  changes: Partial<NautobotClientOptions> = {}
): OwnedNautobotClient {
  return createNautobotClient({
    url,
    publicUrl: url,
    timeoutMs: 30_000,
    maxInFlight: 4,
    maxInFlightPerToken: 4,
    maxResponseBytes: 5_000_000,
    verifyTls: true,
    ...changes
  })
}

/** A client of the Nautobot that all tests share. */
export function sharedNautobot(): NautobotClient {
  return nautobotAt(inject('nautobot').url)
}
