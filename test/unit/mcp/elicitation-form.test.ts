import { expect, test } from 'vitest'
import { formProblems, MAX_FIELDS, MAX_TEXT_CHARACTERS } from '../../../src/elicitation.ts'
import { readElicitation } from '../../../src/mcp/elicitation-form.ts'

const asked = (properties: object, required: string[] = [], message = 'Who?') =>
  readElicitation({ message, requestedSchema: { type: 'object', properties, required } })

const text = { type: 'string' }
const fieldsOf = (form: ReturnType<typeof asked>) => (typeof form === 'string' ? [] : form.fields)

test('reads each kind of field that MCP knows', () => {
  const form = asked(
    {
      name: { type: 'string', title: 'Name', description: 'Whole', minLength: 2, maxLength: 9 },
      mail: { type: 'string', format: 'email', default: 'a@b.c' },
      size: { type: 'number', minimum: 0, maximum: 1.5 },
      age: { type: 'integer', default: 3 },
      sure: { type: 'boolean', default: true },
      plain: { type: 'string', enum: ['a', 'b'], enumNames: ['A', 'B'] },
      titled: { type: 'string', oneOf: [{ const: 'x', title: 'X' }] },
      list: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 1, maxItems: 2 },
      titledList: { type: 'array', items: { anyOf: [{ const: 'x', title: 'X' }] }, default: ['x'] }
    },
    ['name']
  )
  expect(form).toEqual({
    message: 'Who?',
    fields: [
      {
        ...{ kind: 'text', name: 'name', title: 'Name', description: 'Whole' },
        ...{ isRequired: true, minLength: 2, maxLength: 9 }
      },
      {
        ...{ kind: 'text', name: 'mail', title: 'mail', isRequired: false, format: 'email' },
        ...{ maxLength: MAX_TEXT_CHARACTERS, default: 'a@b.c' }
      },
      {
        ...{ kind: 'number', name: 'size', title: 'size', isRequired: false, isInteger: false },
        ...{ minimum: 0, maximum: 1.5 }
      },
      {
        ...{ kind: 'number', name: 'age', title: 'age', isRequired: false, isInteger: true },
        default: 3
      },
      { kind: 'boolean', name: 'sure', title: 'sure', isRequired: false, default: true },
      {
        ...{ kind: 'choice', name: 'plain', title: 'plain', isRequired: false },
        options: [
          { value: 'a', label: 'A' },
          { value: 'b', label: 'B' }
        ]
      },
      {
        ...{ kind: 'choice', name: 'titled', title: 'titled', isRequired: false },
        options: [{ value: 'x', label: 'X' }]
      },
      {
        ...{ kind: 'choices', name: 'list', title: 'list', isRequired: false },
        ...{ minItems: 1, maxItems: 2 },
        options: [
          { value: 'a', label: 'a' },
          { value: 'b', label: 'b' }
        ]
      },
      {
        ...{ kind: 'choices', name: 'titledList', title: 'titledList', isRequired: false },
        ...{ options: [{ value: 'x', label: 'X' }], default: ['x'] }
      }
    ]
  })
})

test.each<[string, object, RegExp]>([
  ['a nested object', { type: 'object', properties: {} }, /has the field "f", which no form/],
  ['a list of free text', { type: 'array', items: text }, /no form here can show/],
  ['an unknown format', { type: 'string', format: 'password' }, /no form here can show/],
  ['a pattern', { type: 'string', pattern: '^a' }, /no form here can show/],
  ['no choice', { type: 'string', enum: [] }, /no form here can show/],
  ['a choice with a schema', { type: 'string', oneOf: [{ type: 'string' }] }, /no form/],
  ['no type', {}, /no form here can show/],
  ['a title of 121 characters', { type: 'string', title: 't'.repeat(121) }, /no form/],
  ['101 choices', { type: 'string', enum: Array.from({ length: 101 }, String) }, /no form/],
  ['a secret by its title', { type: 'string', title: 'API key' }, /looks like a secret/],
  ['a secret with something unseen in it', { ...text, title: 'Pass\u200bword' }, /like a secret/],
  ['a secret in wide letters', { ...text, title: 'Ｐａｓｓｗｏｒｄ' }, /looks like a secret/],
  ['a secret with marks', { ...text, title: 'Pässwörd' }, /looks like a secret/]
])('refuses %s, and names it', (_what, field, reason) => {
  expect(asked({ f: field })).toMatch(reason)
})

test.each(['password', 'user_passwd', 'apiKey', 'access_token', 'client-secret', 'credentials'])(
  'asks nobody for a secret: %s',
  (name) => {
    expect(asked({ [name]: text })).toContain(`looks like a secret ("${name}")`)
  }
)

test('takes as much as it may, and no more', () => {
  const fields = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, place) => [`f${place}`, text]))
  expect(fieldsOf(asked(fields(MAX_FIELDS)))).toHaveLength(MAX_FIELDS)
  expect(asked(fields(MAX_FIELDS + 1))).toBe('has more than 20 fields')
  expect(asked({}, [], 'm'.repeat(2_000))).toMatchObject({ fields: [] })
  expect(asked({}, [], 'm'.repeat(2_001))).toMatch(/too many words/)
  expect(fieldsOf(asked({ f: { ...text, title: 't'.repeat(120) } }))).toHaveLength(1)
  expect(asked({ ['n'.repeat(65)]: text })).toMatch(/too many words/)
  const options = Array.from({ length: 100 }, (_, place) => `${place}`.padEnd(100, 'x'))
  const lists = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, place) => [`f${place}`, { ...text, enum: options }])
    )
  expect(fieldsOf(asked(lists(1)))).toHaveLength(1)
  expect(asked(lists(2))).toBe('is too long')
})

test('an address to open is not opened', () => {
  const params = { mode: 'url', message: 'Open', url: 'https://example.com', elicitationId: 'e' }
  expect(readElicitation(params)).toBe('is given on a page of its own')
})

test('leaves out a default that is no answer', () => {
  const [field] = fieldsOf(asked({ f: { type: 'string', enum: ['a'], default: 'b' } }))
  expect(field).not.toHaveProperty('default')
})

const { fields } = asked(
  {
    name: { type: 'string', minLength: 2, maxLength: 3 },
    mail: { type: 'string', format: 'email' },
    day: { type: 'string', format: 'date' },
    at: { type: 'string', format: 'date-time' },
    page: { type: 'string', format: 'uri' },
    size: { type: 'number', minimum: 1, maximum: 2 },
    age: { type: 'integer' },
    sure: { type: 'boolean' },
    one: { type: 'string', enum: ['a', 'b'] },
    some: { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 1, maxItems: 2 }
  },
  ['name']
) as Exclude<ReturnType<typeof asked>, string>

test.each<[string, unknown, string | undefined]>([
  ['name', 'a', 'has fewer than 2 characters'],
  ['name', 'ab', undefined],
  ['name', '👍👍👍', undefined],
  ['name', 'abcd', 'has more than 3 characters'],
  ['name', 7, 'is not text'],
  ['mail', 'a@b.example', undefined],
  ['mail', 'a@b', 'is not an e-mail address'],
  ['day', '2026-02-28', undefined],
  ['day', '2026-02-30', 'is not a date like 2026-01-31'],
  ['at', '2026-02-28T10:00:00Z', undefined],
  ['at', '2026-02-28', 'is not a date and time like 2026-01-31T12:00:00Z'],
  ['page', 'https://example.com/', undefined],
  ['page', 'example', 'is not an address like https://…'],
  ['size', 1, undefined],
  ['size', 0.9, 'is less than 1'],
  ['size', 2.1, 'is more than 2'],
  ['size', '1', 'is not a number'],
  ['age', 1.5, 'is not a whole number'],
  ['sure', 'yes', 'is neither true nor false'],
  ['one', 'b', undefined],
  ['one', 'c', 'is not one of the choices'],
  ['some', ['a', 'b'], undefined],
  ['some', [], 'needs at least 1 of the choices'],
  ['some', ['a', 'b', 'c'], 'takes at most 2 of the choices'],
  ['some', ['a', 'a'], 'names a choice twice'],
  ['some', ['z'], 'is not among the choices'],
  ['other', 'x', 'is no field of the form'],
  ['__proto__', 'x', 'is no field of the form']
])('%s: %j', (name, value, problem) => {
  const values = JSON.parse(JSON.stringify({ name: 'ab' }))
  Object.defineProperty(values, name, { value, enumerable: true })
  expect(formProblems(fields, values)[name]).toBe(problem)
})

test('a field that is required is missed', () => {
  expect(formProblems(fields, {})).toEqual({ name: 'is required' })
})
