import { randomBytes } from 'node:crypto'
import type { TestProject } from 'vitest/node'
import { startNautobot } from '../../../nautobot-plugin-shim/development/nautobot.ts'
import { freePort } from '../../support/ports.ts'
import type {} from './provided.ts'

/** Starts one Nautobot for all tests of the project; they read `inject('nautobot')`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const sidecarPort = await freePort()
  const address = `http://127.0.0.1:${sidecarPort}`
  const canary = `canary-${randomBytes(16).toString('hex')}`
  const nautobot = await startNautobot({
    pluginConfig: { sidecar_url: address, public_url: address },
    environment: { AI_OPS_CANARY: canary },
    say: (sentence) => process.stdout.write(`${sentence}\n`)
  })
  const { url, users, eventRedisUrl, environment } = nautobot
  project.provide('nautobot', { url, users, eventRedisUrl, sidecarPort, environment, canary })
  return nautobot.stop
}
