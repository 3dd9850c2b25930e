import { readLargeLogins } from '../../../nautobot-plugin-shim/development/logins.ts'
import {
  type RunningNautobot,
  startNautobot
} from '../../../nautobot-plugin-shim/development/nautobot.ts'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { type CallTool, openTools } from '../../support/tool-client.ts'
import { nautobotAt } from '../support/client.ts'
import type { Ids } from './models.ts'
import { USERS, type User } from './rights.ts'

/** A Nautobot with the large profile. Whoever started it stops it. */
export interface LargeNautobot {
  readonly nautobot: RunningNautobot
  /** Of the users that only this profile has. */
  readonly logins: ReturnType<typeof readLargeLogins>
  readonly ids: Ids
  /** The built-in tools as each user, with a memory of a run of their own for each set. */
  openTools(url?: string): Promise<Readonly<Record<User, CallTool>>>
  stop(): Promise<void>
}

export const tokenOf = ({ users }: RunningNautobot, user: User): string =>
  ({ ...users, ...readLargeLogins() })[user].token

async function findIds({ sql }: RunningNautobot): Promise<Ids> {
  const line = await sql(`SELECT json_build_object(
    'address', (SELECT '100.64.0.1/' || mask_length FROM ipam_ipaddress WHERE host = '\\x64400001'),
    'device', (SELECT id FROM dcim_device WHERE name = 'ams01-rtr-01'),
    'prefix', (SELECT id FROM ipam_prefix WHERE prefix_length = 24 AND network = '\\x64400500'),
    'vlan', (SELECT id FROM ipam_vlan WHERE name = 'nl03-vlan-100'))`)
  return JSON.parse(line) as Ids
}

export async function startLargeNautobot(): Promise<LargeNautobot> {
  const nautobot = await startNautobot({
    profile: 'large',
    say: (sentence) => process.stdout.write(`${sentence}\n`)
  })
  const closing: (() => Promise<void>)[] = [nautobot.stop]
  return {
    nautobot,
    logins: readLargeLogins(),
    ids: await findIds(nautobot),
    async openTools(url = nautobot.url) {
      const client = nautobotAt(url, { publicUrl: nautobot.url })
      const directory = createModelDirectory()
      const opened = USERS.map(async (user) => {
        const token = tokenOf(nautobot, user)
        const { call, close } = await openTools(client, { userId: user, token, directory })
        closing.push(close)
        return [user, call] as const
      })
      return Object.fromEntries(await Promise.all(opened)) as Record<User, CallTool>
    },
    async stop() {
      for (const close of closing.toReversed()) await close()
    }
  }
}
