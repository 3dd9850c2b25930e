import { parameterProblems } from '../nautobot/model-parameters.ts'
import { promptProblems } from '../nautobot/prompt-variables.ts'
import type { FieldErrors } from './sample-filters.ts'
import type { SampleField, SampleModel } from './sample-model.ts'
import { SampleRefusal } from './sample-refusal.ts'
import { serverErrors } from './sample-server-validation.ts'
import type { SampleStore } from './sample-store.ts'

type Values = Record<string, unknown>

interface Write {
  readonly store: SampleStore
  readonly model: SampleModel
  readonly body: unknown
  /** What the fields hold that the body does not name. */
  readonly before: Readonly<Values>
  /** Whether the required fields must be named. */
  readonly isWhole: boolean
  /** Of the object that is changed. */
  readonly id?: string
}

const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'nautobot_ai_ops.systemprompt': ['name', 'status', 'text'],
  'nautobot_ai_ops.llmmodel': ['name', 'status', 'model_name'],
  'nautobot_ai_ops.mcpserver': ['name', 'status', 'remote_url']
}
const NULLABLE = new Set([
  'secrets_group',
  'system_prompt',
  'fallback_model',
  'input_price',
  'cached_input_price',
  'output_price'
])
const READ_ONLY = new Set(['created', 'last_updated', 'tags'])
const MAX_TIMEOUT_SECONDS: Readonly<Record<string, number>> = {
  'nautobot_ai_ops.llmmodel': 3600,
  'nautobot_ai_ops.mcpserver': 600
}
const MAX_NAME_CHARACTERS = 255
const MAX_TEXT_CHARACTERS = 100_000

/**
 * The values of an object after a write. Fields that Nautobot does not know are ignored, as Nautobot does.
 *
 * @throws SampleRefusal 400 with messages by field.
 */
export function checkWrite(write: Write): Values {
  const { body, before } = write
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new SampleRefusal(400, {
      non_field_errors: ['Invalid data. Expected a dictionary.']
    })
  }
  const { values, errors } = readFields(write, Object.entries(body))
  for (const name of missingFields(write, body)) errors[name] = ['This field is required.']
  const merged = { ...before, ...values }
  if (Object.keys(errors).length === 0) Object.assign(errors, checkTogether(write, merged))
  if (Object.keys(errors).length > 0) throw new SampleRefusal(400, errors)
  return movesSecret(write, merged) ? { ...merged, secrets_group: null } : merged
}

/** A secret does not go along to the address of another server; as the shim has it. */
function movesSecret({ before, id }: Write, after: Values): boolean {
  const isKept = after.secrets_group !== null && before.secrets_group === after.secrets_group
  return id !== undefined && isKept && originOf(before) !== originOf(after)
}

function originOf({ remote_url: url, provider }: Readonly<Values>): string {
  return URL.parse(String(url))?.origin ?? String(provider)
}

function readFields(write: Write, entries: readonly (readonly [string, unknown])[]) {
  const errors: FieldErrors = {}
  const values: Values = {}
  for (const [name, value] of entries) {
    const { fields } = write.model
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (!field || READ_ONLY.has(name)) continue
    const read = readValue(write, name, field, value)
    if ('error' in read) errors[name] = [read.error]
    else values[name] = read.value
  }
  return { values, errors }
}

function missingFields({ model, isWhole }: Write, body: object): readonly string[] {
  const required = isWhole ? (REQUIRED[model.objectType] ?? []) : []
  return required.filter((name) => !Object.hasOwn(body, name))
}

type Read = { readonly value: unknown } | { readonly error: string }

function readValue(write: Write, name: string, field: SampleField, value: unknown): Read {
  if (value === null && !NULLABLE.has(name)) return { error: 'This field may not be null.' }
  if (field.kind === 'one') {
    return value === null ? { value } : readReference(write, field.model, value)
  }
  if (field.kind === 'many') return readReferences(write, field.model, value)
  if (field.kind === 'text') return readText(write, name, value)
  const error = plainError(field, value)
  return error === undefined ? { value } : { error }
}

function plainError(field: SampleField, value: unknown): string | undefined {
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'Must be a valid boolean.'
    case 'number':
      return Number.isInteger(value) ? undefined : 'A valid integer is required.'
    case 'choice':
      return field.values.includes(String(value))
        ? undefined
        : `"${String(value)}" is not a valid choice.`
    default:
      return undefined
  }
}

function readText({ model }: Write, name: string, value: unknown): Read {
  if (typeof value !== 'string') return { error: 'Not a valid string.' }
  const trimmed = name === 'text' ? value : value.trim()
  const isRequired = REQUIRED[model.objectType]?.includes(name)
  if (isRequired && trimmed === '') return { error: 'This field may not be blank.' }
  const max = name === 'text' ? MAX_TEXT_CHARACTERS : MAX_NAME_CHARACTERS
  if (trimmed.length > max) {
    return { error: `Ensure this field has no more than ${max} characters.` }
  }
  return { value: trimmed }
}

/** By id, by name, or by attributes, as Nautobot takes them. */
function readReference({ store, model }: Write, objectType: string, given: unknown): Read {
  const attributes = typeof given === 'object' && given !== null ? given : { name: given }
  const fits = Object.entries(attributes)
  const found = store.list(objectType).find((object) => {
    if (object.id === given) return true
    return fits.every(
      ([name, value]) => (name === 'id' ? object.id : object.values[name]) === value
    )
  })
  const types = found?.values.content_types
  if (!found || (Array.isArray(types) && !types.includes(model.objectType))) {
    const shown = JSON.stringify(attributes).replaceAll('"', "'").replaceAll(':', ': ')
    return { error: `Related object not found using the provided attributes: ${shown}` }
  }
  return { value: found.id }
}

function readReferences(write: Write, objectType: string, given: unknown): Read {
  if (!Array.isArray(given)) return { error: 'Expected a list of items.' }
  const ids: unknown[] = []
  for (const each of given) {
    const read = readReference(write, objectType, each)
    if ('error' in read) return read
    ids.push(read.value)
  }
  return { value: [...new Set(ids)] }
}

/** What no single field can tell. */
function checkTogether({ store, model, id }: Write, values: Values): FieldErrors {
  const errors: FieldErrors = {}
  const isTaken = store
    .list(model.objectType)
    .some((other) => other.id !== id && other.values.name === values.name)
  if (isTaken) errors.name = [`${model.name} with this name already exists.`]
  const address = addressError(values)
  if (address) errors.remote_url = [address]
  const maxTimeout = MAX_TIMEOUT_SECONDS[model.objectType]
  if (maxTimeout !== undefined)
    Object.assign(errors, timeoutErrors(Number(values.timeout), maxTimeout))
  const unknown = typeof values.text === 'string' ? promptProblems(values.text) : []
  if (unknown.length > 0) errors.text = unknown
  const { parameters: given } = values
  const parameters = given === undefined ? [] : parameterProblems(given)
  if (parameters.length > 0) errors.parameters = parameters
  if (model.objectType === 'nautobot_ai_ops.mcpserver') Object.assign(errors, serverErrors(values))
  return errors
}

function addressError({ remote_url: url, provider }: Values): string | undefined {
  if (url === '') {
    return provider === 'azure-openai'
      ? 'Enter the endpoint of the Azure OpenAI resource, for example https://my-resource.openai.azure.com/.'
      : undefined
  }
  if (url === undefined) return undefined
  if (!URL.canParse(String(url))) return 'Enter a valid URL.'
  const { protocol, username } = new URL(String(url))
  if (!['http:', 'https:'].includes(protocol)) {
    return 'Enter an address that starts with http:// or https://.'
  }
  return username === ''
    ? undefined
    : 'Remove the user name and password from the address and keep them in a secrets group.'
}

function timeoutErrors(seconds: number, max: number): FieldErrors {
  if (seconds < 1) return { timeout: ['Ensure this value is greater than or equal to 1.'] }
  if (seconds <= max) return {}
  return { timeout: [`Ensure this value is less than or equal to ${max}.`] }
}
