import type { LlmModel } from '../catalog/catalog.ts'

/** What is sent of a model's parameters, and what was done to them, as sentences for an administrator. */
export interface WireParameters {
  readonly parameters: Readonly<Record<string, unknown>>
  readonly notices: readonly string[]
}

/** `drop`, or the name under which the value is sent. */
type Treatment = 'drop' | { readonly as: string }

type Treatments = Readonly<Record<string, Treatment>>

/** OpenAI's reasoning models answer 400 to these. Their chat variants (`gpt-5-chat-latest`) take them. */
const REASONING: Treatments = {
  temperature: 'drop',
  top_p: 'drop',
  frequency_penalty: 'drop',
  presence_penalty: 'drop',
  max_tokens: { as: 'max_completion_tokens' }
}

/** The Messages API has one bound of its own and none of these. */
const ANTHROPIC: Treatments = {
  frequency_penalty: 'drop',
  presence_penalty: 'drop',
  seed: 'drop',
  reasoning_effort: 'drop',
  verbosity: 'drop',
  max_completion_tokens: { as: 'max_tokens' }
}

const MAX_ANTHROPIC_TEMPERATURE = 1

/** By name, with or without the prefix of a gateway: `o3`, `openai/gpt-5-mini`. */
const REASONING_NAME = /^(?:.*\/)?(?:o\d|gpt-(?:[5-9]|\d\d)(?!.*chat))/i

/**
 * The parameters as this kind of model takes them: a setting that an administrator moved from one model to another, or
 * that a provider gave up, must not turn every answer into a 400.
 */
export function wireParameters(model: LlmModel): WireParameters {
  const kind = kindOf(model)
  const sent: Record<string, unknown> = {}
  const notices: string[] = []
  for (const [name, value] of Object.entries(model.parameters)) {
    const treatment = kind?.treatments[name]
    if (treatment === 'drop') notices.push(`"${name}" is not sent: ${kind?.name} do not take it.`)
    else if (treatment) rename(sent, notices, { from: name, to: treatment.as, value, model })
    else sent[name] = value
  }
  if (model.provider === 'anthropic') capTemperature(sent, notices)
  return { parameters: sent, notices }
}

function kindOf({ provider, modelName }: LlmModel) {
  if (provider === 'anthropic') return { name: "Anthropic's models", treatments: ANTHROPIC }
  if (REASONING_NAME.test(modelName)) return { name: 'reasoning models', treatments: REASONING }
  return undefined
}

interface Renaming {
  readonly from: string
  readonly to: string
  readonly value: unknown
  readonly model: LlmModel
}

/** What is set under its right name counts. */
function rename(
  sent: Record<string, unknown>,
  notices: string[],
  { from, to, value, model }: Renaming
): void {
  if (Object.hasOwn(model.parameters, to)) {
    notices.push(`"${from}" is not sent: "${to}" is set, too.`)
    return
  }
  sent[to] = value
  notices.push(`"${from}" is sent as "${to}", which this model takes.`)
}

function capTemperature(sent: Record<string, unknown>, notices: string[]): void {
  if (Number(sent.temperature) <= MAX_ANTHROPIC_TEMPERATURE || !('temperature' in sent)) return
  sent.temperature = MAX_ANTHROPIC_TEMPERATURE
  notices.push('"temperature" is sent as 1, the highest that Anthropic\'s models take.')
}
