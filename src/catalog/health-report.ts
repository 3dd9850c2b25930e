import type { NautobotClient } from '../nautobot/client.types.ts'
import { refusedToService } from '../nautobot/service-call.ts'
import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'
import { type CatalogKind, pathOf } from './catalog-kinds.ts'

export interface HealthReporterOptions {
  readonly client: NautobotClient
  readonly serviceToken: Secret
  /** Called after each report that may have changed a status. */
  readonly onChanged: () => void
}

/**
 * Writes Healthy or Failed as the status of a configuration object, as the service account. Nautobot leaves Maintenance
 * alone. Throws as the client does; NAUTOBOT_REFUSED when the service account may not report health.
 */
export type HealthReporter = (
  kind: CatalogKind,
  report: { readonly id: string; readonly healthy: boolean },
  context: CallContext
) => Promise<void>

export function createHealthReporter(options: HealthReporterOptions): HealthReporter {
  const { client, serviceToken: token, onChanged } = options
  return async (kind, { id, healthy }, context) => {
    const path = `${pathOf(kind)}${encodeURIComponent(id)}/report-health/`
    try {
      await client.send('POST', path, { healthy }, { ...context, token })
    } catch (error) {
      throw refusedToService(error)
    }
    onChanged()
  }
}
