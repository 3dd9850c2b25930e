import type { LlmModel } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import { isRecord } from '../platform/json.ts'
import { describeFailure } from '../platform/outbound.ts'

/** What a probe found, for programs. */
export const PROBE_REASONS = [
  'ok',
  'dns',
  'unreachable',
  'tls',
  'proxy',
  'egress',
  'credential',
  'key',
  'deployment',
  'model',
  'api-version',
  'no-tools',
  'no-streaming',
  'rate-limited',
  'timeout',
  'not-chat-completions',
  'redirect',
  'refused',
  'broken'
] as const
export type ProbeReason = (typeof PROBE_REASONS)[number]

export interface ProbeFinding {
  readonly reason: ProbeReason
  /** What is wrong, and what to look at; holds no address and no secret. */
  readonly sentence: string
}

/** What is known of a failure. */
interface Facts {
  readonly model: LlmModel
  readonly error: AppError
  /** Of the provider's refusal. */
  readonly status: number | undefined
  /** Its error, as JSON; empty when it answered something else. */
  readonly said: string
  /** What went wrong on the way, as a part of a sentence. */
  readonly way: string | undefined
}

type Rule = (facts: Facts) => ProbeFinding | undefined

/** Says in one sentence what keeps a model from answering. */
export function findingOf(error: unknown, model: LlmModel): ProbeFinding {
  const named = AppError.from(error)
  const refusal = isRecord(named.cause) ? named.cause : undefined
  const facts: Facts = {
    model,
    error: named,
    status: typeof refusal?.status === 'number' ? refusal.status : undefined,
    said: refusal?.error === undefined ? '' : JSON.stringify(refusal.error),
    way: describeFailure(named.cause)
  }
  for (const rule of RULES) {
    const finding = rule(facts)
    if (finding) return finding
  }
  return finding('broken', named.message)
}

function finding(reason: ProbeReason, sentence: string): ProbeFinding {
  return { reason, sentence }
}

/** Parts of what `describeFailure` says, and what to do about it. */
const WAYS: readonly (readonly [part: RegExp, reason: ProbeReason, advice: string])[] = [
  [/^the proxy/, 'proxy', 'check HTTP_PROXY, HTTPS_PROXY and NO_PROXY'],
  [/AI_OPS_EGRESS_ALLOW|never asked/, 'egress', 'check the remote URL'],
  [/^the host name/, 'dns', 'check the remote URL, and the DNS of this service'],
  [/self-signed|authority/, 'tls', 'name its authority in NODE_EXTRA_CA_CERTS'],
  [/certificate/, 'tls', 'check the remote URL and the certificate'],
  [/does not speak TLS/, 'tls', 'should the remote URL begin with http://?'],
  [/TLS/, 'tls', 'turn Verify TLS on'],
  [/refused|reached|took too long|closed|reset/, 'unreachable', 'check the host and the port']
]

function onTheWay({ way }: Facts): ProbeFinding | undefined {
  if (way === undefined) return undefined
  const known = WAYS.find(([part]) => part.test(way))
  const [, reason, advice] = known ?? [undefined, 'unreachable' as const, 'check the remote URL']
  return finding(reason, `${way.charAt(0).toUpperCase()}${way.slice(1)}: ${advice}.`)
}

function credential({ error, model, status }: Facts): ProbeFinding | undefined {
  if (error.code === 'CREDENTIAL_UNAVAILABLE' || error.details?.reason === 'entra')
    return finding('credential', error.message)
  if (error.code === 'NAUTOBOT_UNAVAILABLE' || error.code === 'NAUTOBOT_REFUSED')
    return finding('credential', `Its secret could not be asked for. ${error.message}`)
  if (status === 407) return finding('proxy', 'The proxy demands a login: check HTTP_PROXY.')
  if (status !== 401 && status !== 403) return undefined
  if (!model.hasCredential)
    return finding('key', `The provider demands a key (${status}), and no secrets group is set.`)
  return status === 401
    ? finding('key', 'The provider refuses the key (401): check the secrets group.')
    : finding('key', 'The provider does not permit this key to use the model (403).')
}

function waiting({ error, status, said }: Facts): ProbeFinding | undefined {
  if (error.code === 'MODEL_TIMEOUT') return finding('timeout', error.message)
  if (status !== 429) return undefined
  return /quota|credit|billing/i.test(said)
    ? finding('rate-limited', 'The quota of its key is used up (429).')
    : finding('rate-limited', 'The provider limits the rate (429): the key works, try again later.')
}

function address({ error, status, said }: Facts): ProbeFinding | undefined {
  if (status !== undefined && status >= 300 && status < 400)
    return finding('redirect', 'Its address redirects, which is not followed: enter the final one.')
  if (status === 400 && /HTTP request (was sent )?to (an )?HTTPS/i.test(said))
    return finding('tls', 'It wants TLS: the remote URL should begin with https://.')
  const isOther = /does not answer chat completions/.test(error.message)
  const isUnknownPath = (status === 404 || status === 405) && !said.includes('"message"')
  return isOther || isUnknownPath ? NOT_CHAT_COMPLETIONS : undefined
}

const NOT_CHAT_COMPLETIONS = finding(
  'not-chat-completions',
  'What answers at its address is no chat completions API: check the remote URL, and whether it needs a /v1 at the end.'
)

function azure({ model, status, said }: Facts): ProbeFinding | undefined {
  if (model.provider !== 'azure-openai' || status === undefined) return undefined
  if (/DeploymentNotFound|deployment .*does not exist/i.test(said))
    return finding('deployment', `The Azure resource has no deployment "${model.modelName}".`)
  const isVersion = /api[ -]?version/i.test(said)
  if (isVersion || (status === 404 && /Resource not found/i.test(said))) {
    const given = model.apiVersion ? `"${model.apiVersion}"` : 'that is used when none is set'
    return finding('api-version', `Azure does not take the API version ${given} for this model.`)
  }
  return undefined
}

const MODEL_UNKNOWN =
  /model_not_found|not_found_error|no such model|unknown model|invalid model|model .*(not found|does not exist|not exist)/i

function name({ model, status, said }: Facts): ProbeFinding | undefined {
  const isUnknown = MODEL_UNKNOWN.test(said) || status === 404
  if (status === undefined || status >= 500 || !isUnknown) return undefined
  return finding('model', `The provider knows no model "${model.modelName}".`)
}

const NO_TOOLS =
  /does not support (tools|function|tool)|tools?( is| are)? not supported|tool[ _-]choice|--jinja|unsupported.*\btools\b|\btools\b.*(unsupported|unrecognized|not permitted)/i

function abilities({ error, status, said }: Facts): ProbeFinding | undefined {
  if (error.details?.reason === 'no-streaming')
    return finding('no-streaming', 'It answers as a whole instead of streaming.')
  if (status === undefined) return undefined
  if (NO_TOOLS.test(said))
    return finding('no-tools', 'The model takes no tools, so it could not ask Nautobot anything.')
  return /stream/i.test(said)
    ? finding('no-streaming', 'The provider refuses to stream answers of this model.')
    : undefined
}

function brokenOff({ error }: Facts): ProbeFinding | undefined {
  if (error.code !== 'MODEL_INCOMPLETE') return undefined
  return finding('broken', 'It began to answer and then broke off.')
}

function otherwise({ error, status }: Facts): ProbeFinding | undefined {
  if (status === undefined) return undefined
  return status >= 500
    ? finding('broken', `The provider has a fault of its own (${status}).`)
    : finding('refused', error.message)
}

/** The first that knows it counts. */
const RULES: readonly Rule[] = [
  credential,
  abilities,
  waiting,
  brokenOff,
  onTheWay,
  address,
  azure,
  name,
  otherwise
]
