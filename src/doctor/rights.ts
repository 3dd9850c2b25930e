import { z } from 'zod'
import { AppError, type ErrorCode } from '../errors.ts'
import type { NautobotCall, NautobotClient } from '../nautobot/client.types.ts'
import { SHIM_API } from '../nautobot/shim-api.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const CHECK = 'rights'
/** No object has it: whoever may act on objects hears "not found" or "bad request", whoever may not "forbidden". */
const NOBODY = '00000000-0000-0000-0000-000000000000'
const SEE = 'docs/rights.md has the permissions of the service account.'

export const whoAmI = z.object({
  username: z.string(),
  is_superuser: z.boolean(),
  write_enabled: z.boolean(),
  exchanged: z.boolean(),
  scopes: z.array(z.string())
})

/** The account behind NAUTOBOT_TOKEN, in the app's words. */
export type ServiceAccount = z.output<typeof whoAmI>

export interface NautobotAccess {
  readonly client: NautobotClient
  readonly call: NautobotCall
}

/** A right, and a request that changes nothing and is forbidden without it. */
type Request = readonly [right: string, method: 'GET' | 'POST', path: string]

const view = (what: string, path: string): Request => [`view ${what}`, 'GET', path]
const act = (action: string, path: string): Request => [action, 'POST', `${SHIM_API}/${path}`]
const actOn = (action: string, list: string, what: string): Request =>
  act(`${action} of ${what}`, `${list}/${NOBODY}/${action.replace('_', '-')}/`)

const NEEDED: readonly Request[] = [
  view('LLM models', `${SHIM_API}/llm-models/`),
  view('MCP servers', `${SHIM_API}/mcp-servers/`),
  view('system prompts', `${SHIM_API}/system-prompts/`),
  view('statuses', '/api/extras/statuses/'),
  view('GraphQL queries', '/api/extras/graphql-queries/'),
  actOn('resolve_credential', 'llm-models', 'LLM models'),
  actOn('resolve_credential', 'mcp-servers', 'MCP servers'),
  actOn('report_health', 'llm-models', 'LLM models'),
  actOn('report_health', 'mcp-servers', 'MCP servers'),
  act('exchange_token', 'token-exchange/')
]

/** What is none of the service's business: it reads the network as the people who ask. */
const TOO_MUCH: readonly Request[] = [
  view('devices', '/api/dcim/devices/'),
  view('prefixes', '/api/ipam/prefixes/'),
  view('secrets', '/api/extras/secrets/'),
  view('users', '/api/users/users/'),
  view('object permissions', '/api/users/permissions/')
]

/** Whether the service account has the rights that it needs, and none that it does not. */
export async function examineRights(
  access: NautobotAccess,
  account: ServiceAccount
): Promise<Finding[]> {
  const findings = [...examineToken(account), ...examineAccount(account)]
  const missing = await Promise.all(NEEDED.map((right) => isForbidden(access, right)))
  const lacking = NEEDED.filter((_, place) => missing[place] === true)
  if (lacking.length > 0)
    findings.push(fail(CHECK, `The service account lacks: ${namesOf(lacking)}.`, SEE))
  // A superuser may do everything, which is said already.
  const forbidden = account.is_superuser
    ? []
    : await Promise.all(TOO_MUCH.map((right) => isForbidden(access, right)))
  const surplus = TOO_MUCH.filter((_, place) => forbidden[place] === false)
  if (surplus.length > 0)
    findings.push(
      warn(
        CHECK,
        `The service account may also: ${namesOf(surplus)}.`,
        `Take it away: the people who ask have rights of their own. ${SEE}`
      )
    )
  return findings.length > 0
    ? findings
    : [ok(CHECK, 'The service account has those that it needs and none beyond them.')]
}

function examineToken({ write_enabled: mayWrite, exchanged }: ServiceAccount): Finding[] {
  if (exchanged)
    return [
      fail(CHECK, 'NAUTOBOT_TOKEN is a token that this service got for a user.', 'Use an own one.')
    ]
  if (mayWrite) return []
  return [
    fail(
      CHECK,
      'The token in NAUTOBOT_TOKEN is read-only, so no user can be identified.',
      'Switch "Write enabled" on; the rights of the account bound what it writes.'
    )
  ]
}

function examineAccount({ is_superuser: isSuperuser, scopes }: ServiceAccount): Finding[] {
  if (isSuperuser)
    return [
      warn(
        CHECK,
        'The service account is a superuser: whoever has its token has all of Nautobot.',
        `Make an account of its own for this service. ${SEE}`
      )
    ]
  if (scopes.length === 0) return []
  return [
    warn(
      CHECK,
      `The service account may also: ${scopes.join(', ')} of LLM models.`,
      `These are rights of people. ${SEE}`
    )
  ]
}

const namesOf = (requests: readonly Request[]) => requests.map(([right]) => right).join(', ')

/** Whoever asks is allowed to, and asks in vain. */
const IN_VAIN: ReadonlySet<ErrorCode> = new Set(['OBJECT_NOT_FOUND', 'INVALID_REQUEST'])
/** This Nautobot has no such address. */
const UNKNOWN: ReadonlySet<ErrorCode> = new Set(['OBJECT_NOT_FOUND', 'NOT_IN_SAMPLE'])

/** Undefined when it cannot be told. Throws when Nautobot does not answer. */
async function isForbidden(
  { client, call }: NautobotAccess,
  [, method, path]: Request
): Promise<boolean | undefined> {
  const asked =
    method === 'GET' ? client.get(path, { limit: 1 }, call) : client.send(method, path, {}, call)
  try {
    await asked
    return false
  } catch (error) {
    const { code } = AppError.from(error)
    if (code === 'FORBIDDEN') return true
    if (method === 'POST' && IN_VAIN.has(code)) return false
    if (UNKNOWN.has(code)) return undefined
    throw error
  }
}
