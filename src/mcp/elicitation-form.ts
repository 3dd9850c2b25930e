import { z } from 'zod'
import {
  type ElicitationForm,
  type FormField,
  type FormOption,
  formProblems,
  MAX_FIELD_NAME_CHARACTERS,
  MAX_FIELDS,
  MAX_OPTIONS,
  MAX_TEXT_CHARACTERS,
  TEXT_FORMATS
} from '../elicitation.ts'
import { SENSITIVE_NAME } from '../platform/sensitive-names.ts'

const MAX_MESSAGE_CHARACTERS = 2_000
const MAX_TITLE_CHARACTERS = 120
const MAX_DESCRIPTION_CHARACTERS = 500
/** More would be a wall of text, whatever its parts are. */
const MAX_FORM_CHARACTERS = 32_768

const name = z.string().min(1).max(MAX_FIELD_NAME_CHARACTERS)
const title = z.string().max(MAX_TITLE_CHARACTERS).optional()
const about = { title, description: z.string().max(MAX_DESCRIPTION_CHARACTERS).optional() }
const count = z.number().int().min(0)
const value = z.string().max(MAX_TITLE_CHARACTERS)
const values = z.array(value).min(1).max(MAX_OPTIONS)
const titled = z
  .array(z.object({ const: value, title: value }))
  .min(1)
  .max(MAX_OPTIONS)

/** What is not understood as a choice must not become free text. */
const none = z.undefined().optional()

const optionsOf = (options: z.output<typeof titled>): FormOption[] =>
  options.map(({ const: value, title: label }) => ({ value, label }))
const choice = { type: z.literal('string'), ...about, default: z.string().optional() }

/** The kinds of fields there are, each read into what is particular to it. */
const field = z.union([
  z
    .object({
      ...choice,
      enum: values,
      enumNames: z.array(value).max(MAX_OPTIONS).optional(),
      oneOf: none
    })
    .transform(({ enum: listed, enumNames = [], type: _, oneOf: __, ...rest }) => {
      const options = listed.map((value, place) => ({ value, label: enumNames[place] ?? value }))
      return { ...rest, kind: 'choice' as const, options }
    }),
  z.object({ ...choice, oneOf: titled }).transform(({ oneOf, type: _, ...rest }) => {
    return { ...rest, kind: 'choice' as const, options: optionsOf(oneOf) }
  }),
  z
    .object({
      ...choice,
      ...{ enum: none, oneOf: none, anyOf: none, pattern: none },
      format: z.enum(TEXT_FORMATS).optional(),
      minLength: count.optional(),
      maxLength: count.default(MAX_TEXT_CHARACTERS)
    })
    .transform(({ type: _, maxLength, ...rest }) => {
      const atMost = Math.min(maxLength, MAX_TEXT_CHARACTERS)
      return { ...rest, kind: 'text' as const, maxLength: atMost }
    }),
  z
    .object({
      ...{ type: z.enum(['number', 'integer']), ...about },
      minimum: z.number().optional(),
      maximum: z.number().optional(),
      default: z.number().optional()
    })
    .transform(({ type, ...rest }) => {
      return { ...rest, kind: 'number' as const, isInteger: type === 'integer' }
    }),
  z
    .object({ type: z.literal('boolean'), ...about, default: z.boolean().optional() })
    .transform(({ type: _, ...rest }) => ({ ...rest, kind: 'boolean' as const })),
  z
    .object({
      ...{ type: z.literal('array'), ...about },
      minItems: count.optional(),
      maxItems: count.optional(),
      default: z.array(z.string()).max(MAX_OPTIONS).optional(),
      items: z.union([z.object({ enum: values }), z.object({ anyOf: titled })])
    })
    .transform(({ type: _, items, ...rest }) => {
      const options =
        'enum' in items
          ? items.enum.map((value) => ({ value, label: value }))
          : optionsOf(items.anyOf)
      return { ...rest, kind: 'choices' as const, options }
    })
])

const elicitation = z.object({
  mode: z.string().optional(),
  message: z.string().max(MAX_MESSAGE_CHARACTERS),
  requestedSchema: z.object({
    type: z.literal('object'),
    properties: z.record(name, z.unknown()),
    required: z.array(z.string()).max(MAX_FIELDS).optional()
  })
})

/** What a server asks for, or why nobody is shown it, as the end of a sentence: "asked for input that …". */
export function readElicitation(params: unknown): ElicitationForm | string {
  if (modeOf(params) === 'url') return 'is given on a page of its own'
  const read = elicitation.safeParse(params)
  if (!read.success) return 'is not described as MCP says, or in too many words'
  const { message, requestedSchema } = read.data
  const required = new Set(requestedSchema.required)
  const entries = Object.entries(requestedSchema.properties)
  if (entries.length > MAX_FIELDS) return `has more than ${MAX_FIELDS} fields`
  const fields: FormField[] = []
  for (const [name, schema] of entries) {
    const read = readField(name, schema, required.has(name))
    if (!read) return `has the field "${name}", which no form here can show`
    if (isSensitive(read)) return `looks like a secret ("${name}")`
    fields.push(withoutUnfit(read))
  }
  const form = { message, fields }
  return JSON.stringify(form).length > MAX_FORM_CHARACTERS ? 'is too long' : form
}

function modeOf(params: unknown): unknown {
  return (params as { mode?: unknown } | undefined)?.mode
}

/** Servers must not ask for secrets in forms; one that does is not helped. */
function isSensitive({ name, title }: FormField): boolean {
  return [name, title].some((words) => SENSITIVE_NAME.test(asRead(words)))
}

/** As people read it: wide letters, and those that something unseen stands between, say the same to them. */
function asRead(words: string): string {
  return words
    .normalize('NFKD')
    .replace(/[\p{Cf}\p{Mn}]/gu, '')
    .trim()
    .replace(/\s+/g, '_')
}

/** A default that is none of the choices would be sent without a look. */
function withoutUnfit(field: FormField): FormField {
  if (field.default === undefined) return field
  if (Object.keys(formProblems([field], { [field.name]: field.default })).length === 0) return field
  const { default: _, ...rest } = field
  return rest as FormField
}

function readField(name: string, schema: unknown, isRequired: boolean): FormField | undefined {
  const { data } = field.safeParse(schema)
  if (!data) return undefined
  const title = data.title?.trim() || name
  // What was not said is left out: the form travels as JSON.
  return JSON.parse(JSON.stringify({ ...data, name, title, isRequired })) as FormField
}
