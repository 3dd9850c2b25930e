import type { LlmModel } from '../catalog/catalog.ts'
import { CHOICE_PARAMETERS, NUMBER_PARAMETERS } from '../nautobot/model-parameters.ts'
import { isRecord } from '../platform/json.ts'

const MAX_MODELS = 500
/** Each refusal names one; more than these were never set. */
const MAX_REFUSALS = 6
const MAX_REFUSAL_CHARACTERS = 100_000

/** What an administrator may set: never the question, its tools or the stream. */
const TUNABLE = new Set([...Object.keys(NUMBER_PARAMETERS), ...Object.keys(CHOICE_PARAMETERS)])

/** Given up, or the name under which it is asked again. */
const OTHER_NAMES: Readonly<Record<string, string>> = { max_tokens: 'max_completion_tokens' }

export interface RefusedParameters {
  /**
   * A fetch that leaves out what the provider refused of a model's parameters, and asks again: which ones a deployment
   * takes, its name does not say. Only for chat completions, only for a 400 that names one of the parameters, and
   * before anything was answered.
   */
  lenient(model: LlmModel, send: typeof fetch): typeof fetch
  /** What was found out so far, as sentences. */
  notices(model: LlmModel): readonly string[]
}

type Refused = Map<string, string | undefined>

/** Remembers what each model refused, until its configuration changes: then it is tried again. Bounded. */
export function createRefusedParameters(): RefusedParameters {
  const known = new Map<string, Refused>()

  function refusedOf(model: LlmModel): Refused {
    const { id, provider, address, apiVersion, modelName, parameters } = model
    const key = JSON.stringify([id, provider, address, apiVersion, modelName, parameters])
    const found = known.get(key)
    if (found) return found
    const oldest = known.keys().next().value
    if (known.size >= MAX_MODELS && oldest !== undefined) known.delete(oldest)
    const made: Refused = new Map()
    known.set(key, made)
    return made
  }

  return {
    lenient: (model, send) => (url, init) => {
      const { body } = init ?? {}
      const hasSome = Object.keys(model.parameters).length > 0
      if (!hasSome || typeof body !== 'string') return send(url, init)
      return persist(body, refusedOf(model), (text) => send(url, { ...init, body: text }))
    },
    notices: (model) =>
      [...refusedOf(model)].map(([name, other]) =>
        other === undefined
          ? `"${name}" is not sent: the provider refuses it for this model.`
          : `"${name}" is sent as "${other}", which this model takes.`
      )
  }
}

async function persist(
  body: string,
  refused: Refused,
  ask: (body: string) => Promise<Response>
): Promise<Response> {
  for (let round = 0; ; round += 1) {
    const sent = without(body, refused)
    const response = await ask(sent)
    if (response.status !== 400 || round >= MAX_REFUSALS) return response
    const { name, again } = await refusedName(response, sent)
    if (name === undefined) return again
    const other = OTHER_NAMES[name]
    refused.set(name, other !== undefined && !(other in parsed(sent)) ? other : undefined)
  }
}

function without(body: string, refused: Refused): string {
  if (refused.size === 0) return body
  const entries = Object.entries(parsed(body)).flatMap(([name, value]) => {
    if (!refused.has(name)) return [[name, value]]
    const other = refused.get(name)
    return other === undefined || refused.has(other) ? [] : [[other, value]]
  })
  return JSON.stringify(Object.fromEntries(entries))
}

/** The parameter that a 400 is about, if it was sent; the answer is read, so a copy of it goes on. */
async function refusedName(response: Response, body: string) {
  const text = await response.text()
  const { status, statusText, headers } = response
  const again = new Response(text, { status, statusText, headers })
  const sent = Object.keys(parsed(body)).filter((name) => TUNABLE.has(name))
  return { name: namedIn(text.slice(0, MAX_REFUSAL_CHARACTERS), sent), again }
}

/** OpenAI says `param`; others only quote the name in a sentence that says that it is not taken. */
function namedIn(text: string, sent: readonly string[]): string | undefined {
  const { error } = parsed(text)
  if (!isRecord(error)) return undefined
  const { param, message, code } = error
  const isUnsupported = /unsupported|not supported|unknown|unrecognized|deprecated|not permitted/i
  if (!isUnsupported.test(`${String(code)} ${String(message)}`)) return undefined
  const byParam = sent.find((name) => name === param)
  return byParam ?? sent.find((name) => new RegExp(`\\b${name}\\b`).test(String(message)))
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}
