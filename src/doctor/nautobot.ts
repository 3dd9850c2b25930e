import { z } from 'zod'
import { AppError } from '../errors.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import { type Finding, fail, ok, warn } from './finding.ts'
import { examineRights, type NautobotAccess, type ServiceAccount, whoAmI } from './rights.ts'

const MIN_NAUTOBOT = [3, 2] as const
const APP = 'nautobot_ai_ops'

const versions = z.object({
  'nautobot-version': z.string(),
  'nautobot-apps': z.record(z.string(), z.unknown()).default({})
})

export interface NautobotExamination extends NautobotAccess {
  /** Of this service. */
  readonly version: string
}

/** Nautobot itself, the app in it and its version, the account and its rights; the first obstacle ends it. */
export async function examineNautobot(parts: NautobotExamination): Promise<Finding[]> {
  const { client, call } = parts
  let account: ServiceAccount
  try {
    account = whoAmI.parse(await client.get(`${SHIM_API}/whoami/`, {}, call))
  } catch (error) {
    return [obstacle(error)]
  }
  const answers = ok('nautobot', 'It answers, and knows the service account by its token.')
  return [answers, ...(await examineVersions(parts)), ...(await examineRights(parts, account))]
}

function obstacle(error: unknown): Finding {
  if (error instanceof z.ZodError)
    return fail('nautobot app', 'It answers in a shape that is not known here.', SAME_VERSION)
  const { code, message } = AppError.from(error)
  if (code === 'UNAUTHENTICATED')
    return fail(
      'service account',
      'Nautobot does not accept the token in NAUTOBOT_TOKEN.',
      'Give it a valid API token of the service account: of an active user, and not expired.'
    )
  if (code === 'OBJECT_NOT_FOUND')
    return fail(
      'nautobot app',
      'This Nautobot has no AI Ops app.',
      'Install nautobot_ai_ops, name it in PLUGINS, run migrate, restart Nautobot.'
    )
  return fail('nautobot', message, 'Check NAUTOBOT_URL, and whether Nautobot runs.')
}

const SAME_VERSION = 'Install the app and the service from the same release.'

async function examineVersions({ client, call, version }: NautobotExamination): Promise<Finding[]> {
  const status = await client.get('/api/status/', {}, call).catch(() => undefined)
  const { data } = versions.safeParse(status)
  if (!data)
    return [
      warn(
        'nautobot version',
        'Nautobot does not tell its versions.',
        'docs/install.md names those that fit.'
      )
    ]
  const nautobot = data['nautobot-version']
  const app = String(data['nautobot-apps'][APP] ?? 'unknown')
  return [
    isOlder(nautobot)
      ? fail('nautobot version', `It is ${nautobot}.`, `The app needs ${MIN_NAUTOBOT.join('.')}.`)
      : ok('nautobot version', `It is ${nautobot}.`),
    app === version
      ? ok('nautobot app', `It is ${app}, as this service.`)
      : warn('nautobot app', `It is ${app}, and this service ${version}.`, SAME_VERSION)
  ]
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  const [minMajor, minMinor] = MIN_NAUTOBOT
  return major < minMajor || (major === minMajor && minor < minMinor)
}
