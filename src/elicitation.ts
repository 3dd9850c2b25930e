/** What a person types into one field, in UTF-16 units. */
export const MAX_TEXT_CHARACTERS = 2_000
/** In one form. */
export const MAX_FIELDS = 20
export const MAX_FIELD_NAME_CHARACTERS = 64
/** Of one field. */
export const MAX_OPTIONS = 100

export const TEXT_FORMATS = ['email', 'uri', 'date', 'date-time'] as const
export type TextFormat = (typeof TEXT_FORMATS)[number]

export interface FormOption {
  readonly value: string
  readonly label: string
}

interface FieldFacts {
  /** The server's name of it. */
  readonly name: string
  /** For people. */
  readonly title: string
  readonly description?: string
  readonly isRequired: boolean
}

/** One field of a form: the flat JSON schema that MCP allows in an elicitation, read and bounded. */
export type FormField =
  | (FieldFacts & {
      readonly kind: 'text'
      readonly format?: TextFormat
      readonly minLength?: number
      readonly maxLength: number
      readonly default?: string
    })
  | (FieldFacts & {
      readonly kind: 'number'
      readonly isInteger: boolean
      readonly minimum?: number
      readonly maximum?: number
      readonly default?: number
    })
  | (FieldFacts & { readonly kind: 'boolean'; readonly default?: boolean })
  | (FieldFacts & {
      readonly kind: 'choice'
      readonly options: readonly FormOption[]
      readonly default?: string
    })
  | (FieldFacts & {
      readonly kind: 'choices'
      readonly options: readonly FormOption[]
      readonly minItems?: number
      readonly maxItems?: number
      readonly default?: readonly string[]
    })

/** What a tool server asks the person whose call it is: an elicitation of MCP, in its form mode. */
export interface ElicitationForm {
  readonly message: string
  readonly fields: readonly FormField[]
}

export type FormValue = string | number | boolean | readonly string[]
export type FormValues = Readonly<Record<string, FormValue>>

/** What the person said, as MCP names it. Their values are personal data: nothing but the server gets them. */
export type ElicitationAnswer =
  | { readonly action: 'accept'; readonly content: FormValues }
  | { readonly action: 'decline' }
  | { readonly action: 'cancel' }

/** How long and until when a person is waited for. */
export interface ElicitationWait {
  readonly maxWaitMs: number
  readonly signal: AbortSignal
}

/** Shows a form to the person whose call it is; undefined: nobody answered. Throws the signal's reason, and nothing else. */
export type ShowForm<Form = ElicitationForm> = (
  form: Form,
  wait: ElicitationWait
) => Promise<ElicitationAnswer | undefined>

/** A form, and who asks. */
export interface Elicitation extends ElicitationForm {
  /** Name of the tool server, for people. */
  readonly server: string
  /** In the server's own word. */
  readonly tool: string
}

export type Elicit = ShowForm<Elicitation>

/** What is wrong with a person's values, by field; empty: they fit. */
export function formProblems(
  fields: readonly FormField[],
  values: FormValues
): Readonly<Record<string, string>> {
  const known = new Set(fields.map(({ name }) => name))
  const unknown = Object.keys(values)
    .filter((name) => !known.has(name))
    .map((name): [string, string] => [name.slice(0, 100), 'is no field of the form'])
  const wrong = fields.flatMap((field): [string, string][] => {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined
    const problem = value === undefined ? missing(field) : problemOf(field, value)
    return problem === undefined ? [] : [[field.name, problem]]
  })
  return Object.fromEntries([...unknown, ...wrong])
}

const missing = ({ isRequired }: FormField) => (isRequired ? 'is required' : undefined)

function problemOf(field: FormField, value: FormValue): string | undefined {
  switch (field.kind) {
    case 'text':
      return textProblem(field, value)
    case 'number':
      return numberProblem(field, value)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'is neither true nor false'
    case 'choice':
      return isOption(field.options, value) ? undefined : 'is not one of the choices'
    case 'choices':
      return Array.isArray(value) ? choicesProblem(field, value) : 'is not a list of choices'
  }
}

const isOption = (options: readonly FormOption[], value: unknown) =>
  options.some((option) => option.value === value)

type FieldOf<Kind> = Extract<FormField, { kind: Kind }>

function textProblem(field: FieldOf<'text'>, value: FormValue): string | undefined {
  if (typeof value !== 'string') return 'is not text'
  // As JSON Schema counts.
  const { length } = [...value]
  if (field.minLength !== undefined && length < field.minLength) {
    return `has fewer than ${field.minLength} characters`
  }
  if (length > field.maxLength) return `has more than ${field.maxLength} characters`
  return field.format && !FORMATS[field.format].test(value)
    ? FORMATS[field.format].problem
    : undefined
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const DATE = /^\d{4}-\d{2}-\d{2}$/
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const isDay = (text: string) => {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

const FORMATS = {
  email: { test: (text: string) => EMAIL.test(text), problem: 'is not an e-mail address' },
  uri: { test: (text: string) => URL.canParse(text), problem: 'is not an address like https://…' },
  date: {
    test: (text: string) => DATE.test(text) && isDay(text),
    problem: 'is not a date like 2026-01-31'
  },
  'date-time': {
    test: (text: string) =>
      DATE_TIME.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)),
    problem: 'is not a date and time like 2026-01-31T12:00:00Z'
  }
} satisfies Record<TextFormat, { test: (text: string) => boolean; problem: string }>

function numberProblem(field: FieldOf<'number'>, value: FormValue): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'is not a number'
  if (field.isInteger && !Number.isSafeInteger(value)) return 'is not a whole number'
  if (field.minimum !== undefined && value < field.minimum) return `is less than ${field.minimum}`
  if (field.maximum !== undefined && value > field.maximum) return `is more than ${field.maximum}`
  return undefined
}

function choicesProblem(field: FieldOf<'choices'>, values: readonly string[]): string | undefined {
  const { options, minItems = 0, maxItems = options.length } = field
  if (values.some((value) => !isOption(options, value))) return 'is not among the choices'
  if (new Set(values).size < values.length) return 'names a choice twice'
  if (values.length < minItems) return `needs at least ${minItems} of the choices`
  if (values.length > maxItems) return `takes at most ${maxItems} of the choices`
  return undefined
}
