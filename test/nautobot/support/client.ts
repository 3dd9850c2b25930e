import { inject } from 'vitest'
import { createNautobotClient } from '../../../src/nautobot/client.ts'
import type { NautobotClient } from '../../../src/nautobot/client.types.ts'
import type {} from './provided.ts'

/** A client of the Nautobot that all tests share. */
export function sharedNautobot(): NautobotClient {
  const { url } = inject('nautobot')
  return createNautobotClient({
    url,
    publicUrl: url,
    timeoutMs: 30_000,
    maxInFlight: 4,
    maxInFlightPerToken: 4,
    maxResponseBytes: 5_000_000,
    verifyTls: true
  })
}
