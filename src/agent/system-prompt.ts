import { createHash } from 'node:crypto'
import type { Catalog, LlmModel, SystemPrompt } from '../catalog/catalog.ts'
import { fillPrompt, type PromptVariable } from '../nautobot/prompt-variables.ts'
import { BUILT_IN_PROMPT } from './built-in-prompt.ts'

const APPROVED = 'Approved'
const MAX_USERNAME_CHARACTERS = 150
const VERSION_CHARACTERS = 8

/** Values of the variables in a prompt, but for the model, which is known by itself. */
export type PromptValues = Readonly<Record<Exclude<PromptVariable, 'model'>, string>>

/** Which text of an administrator a model answers under. */
export interface PromptVersion {
  readonly name: string
  /** Of the text as it is kept: the same text, the same version; Nautobot's change log has the texts. */
  readonly version: string
}

/**
 * The prompt a model answers under: the administrator's words come after ours and only while they are Approved in
 * Nautobot. The same model, user and text give the same bytes.
 */
export function systemPromptFor(model: LlmModel, catalog: Catalog, values: PromptValues): string {
  const prompt = approvedPrompt(model, catalog)
  if (!prompt) return BUILT_IN_PROMPT
  const user = plainName(values.user)
  return `${BUILT_IN_PROMPT}\n\n${fillPrompt(prompt.text, { ...values, user, model: model.name })}`
}

/** For whoever asks later why an answer is as it is; undefined with the built-in prompt alone. */
export function promptVersionOf(model: LlmModel, catalog: Catalog): PromptVersion | undefined {
  const prompt = approvedPrompt(model, catalog)
  if (!prompt) return undefined
  const hash = createHash('sha256').update(prompt.text).digest('hex')
  return { name: prompt.name, version: hash.slice(0, VERSION_CHARACTERS) }
}

/** The model's own; one that names none answers under that of the default model. */
function approvedPrompt(model: LlmModel, { llmModels, systemPrompts }: Catalog) {
  const { systemPromptId: id = llmModels.find(({ isDefault }) => isDefault)?.systemPromptId } =
    model
  const prompt: SystemPrompt | undefined = systemPrompts.find((one) => one.id === id)
  return prompt?.status === APPROVED ? prompt : undefined
}

/** It stands among instructions, and a directory may let people choose their names. */
function plainName(username: string): string {
  return username.replace(/[^\p{L}\p{N}@.+_-]/gu, '_').slice(0, MAX_USERNAME_CHARACTERS)
}
