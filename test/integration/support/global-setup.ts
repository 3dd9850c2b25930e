import { ensurePackages } from '../../../nautobot-plugin-shim/development/packages.ts'

/** What the integration tests start themselves has to be on the machine. */
export async function setup(): Promise<void> {
  await ensurePackages(['redis-server', 'faketime'], (sentence) =>
    process.stdout.write(`${sentence}\n`)
  )
}
