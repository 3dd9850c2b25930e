import { type FormEvent, type ReactNode, useId, useRef, useState } from 'react'
import type { ElicitationRequest } from '../agent/agent-events.ts'
import type { FormField, FormValue } from '../elicitation.ts'
import type { AnswerProblem } from './api.ts'
import { useChat } from './chat-hooks.ts'
import { CheckIcon, CrossIcon } from './icons.tsx'
import type { Answer } from './message.ts'
import { visible } from './tool-words.ts'

interface ElicitationProps {
  readonly answer: Answer
  readonly asked: ElicitationRequest
}

/** A form that a tool server wants filled in, in the middle of its call. Who asks is said above its own words. */
export function Elicitation({ answer, asked }: ElicitationProps) {
  const chat = useChat()
  const form = useRef<HTMLFormElement>(null)
  const [isSending, setSending] = useState(false)
  const [problem, setProblem] = useState<AnswerProblem>()
  const { server, message, fields, elicitationId } = asked

  async function send(action: 'accept' | 'decline' | 'cancel'): Promise<void> {
    const content = action === 'accept' && form.current && valuesOf(fields, form.current)
    setSending(true)
    const found = await chat.answer(answer.id, elicitationId, {
      action,
      ...(content && { content })
    })
    setProblem(found)
    setSending(false)
    const wrong = fields.findIndex(({ name }) => found && problemAt(found, name))
    if (wrong >= 0) focusOn(form.current, controlName(wrong))
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    void send('accept')
  }

  const off = isSending || answer.stopping
  return (
    <section className="approvals" aria-label={`${server} asks you`}>
      <p>
        <strong>{visible(server)} asks, not Nautobot.</strong> What you enter goes to that server.
        Enter no passwords.
      </p>
      <p className="elicitation-words">{visible(message)}</p>
      {/* The service says what is wrong: its word is the server's schema. */}
      <form ref={form} noValidate={true} onSubmit={onSubmit} className="elicitation-form">
        {fields.map((field, place) => (
          <Field
            key={field.name}
            field={field}
            control={controlName(place)}
            problem={problem && problemAt(problem, field.name)}
          />
        ))}
        <div className="notice-actions">
          <button type="submit" disabled={off}>
            <CheckIcon /> Send
          </button>
          <button type="button" disabled={off} onClick={() => void send('decline')}>
            <CrossIcon /> Decline
          </button>
          <button type="button" disabled={off} onClick={() => void send('cancel')}>
            Not now
          </button>
          <span className="muted">Cancelled at {timeOf(asked.lapsesAt)} without an answer.</span>
        </div>
      </form>
      {problem && <p role="alert">{sentenceOf(problem)}</p>}
    </section>
  )
}

/** Never the server's word: a form has its controls for properties, under their names and before its own. */
const controlName = (place: number) => `field-${place}`

const problemAt = ({ fields }: AnswerProblem, name: string) =>
  Object.hasOwn(fields, name) ? fields[name] : undefined

const sentenceOf = ({ message, fields }: AnswerProblem) =>
  Object.keys(fields).length > 0 ? 'Not sent: some fields need another look.' : message

const timeOf = (iso: string) =>
  new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })

function focusOn(form: HTMLFormElement | null, name: string): void {
  const found = form?.elements.namedItem(name)
  const first = found instanceof RadioNodeList ? found[0] : found
  if (first instanceof HTMLElement) first.focus()
}

interface FieldProps {
  readonly field: FormField
  readonly control: string
  readonly problem: string | undefined
}

function Field({ field, control, problem }: FieldProps) {
  const id = useId()
  const { title, description, isRequired } = field
  const told = [description && `${id}-about`, problem && `${id}-problem`].filter(Boolean)
  const common = {
    name: control,
    'aria-describedby': told.length > 0 ? told.join(' ') : undefined,
    'aria-invalid': problem !== undefined
  }
  const label = (
    <>
      {visible(title)}
      {isRequired && <span className="muted"> (required)</span>}
    </>
  )
  return (
    <div className="elicitation-field">
      {field.kind === 'choices' && <Choices field={field} common={common} label={label} />}
      {field.kind === 'boolean' && (
        <label>
          <input type="checkbox" defaultChecked={field.default ?? false} {...common} /> {label}
        </label>
      )}
      {field.kind !== 'choices' && field.kind !== 'boolean' && (
        <>
          <label htmlFor={id}>{label}</label>
          {controlOf(field, { ...common, id, required: isRequired })}
        </>
      )}
      {description && (
        <small className="muted" id={`${id}-about`}>
          {visible(description)}
        </small>
      )}
      {problem && (
        <small className="elicitation-problem" id={`${id}-problem`}>
          {visible(title)} {problem}.
        </small>
      )}
    </div>
  )
}

interface ChoicesProps {
  readonly field: Extract<FormField, { kind: 'choices' }>
  readonly common: Readonly<Record<string, unknown>>
  readonly label: ReactNode
}

function Choices({ field, common, label }: ChoicesProps) {
  return (
    <fieldset className="elicitation-field">
      <legend>{label}</legend>
      {field.options.map(({ value, label: words }) => (
        <label key={value}>
          <input
            type="checkbox"
            {...common}
            value={value}
            defaultChecked={field.default?.includes(value) ?? false}
          />{' '}
          {visible(words)}
        </label>
      ))}
    </fieldset>
  )
}

type Single = Extract<FormField, { kind: 'text' | 'number' | 'choice' }>

const TYPES = { email: 'email', uri: 'url', date: 'date', 'date-time': 'datetime-local' } as const

function controlOf(field: Single, common: Readonly<Record<string, unknown>>): ReactNode {
  if (field.kind === 'choice') {
    return (
      <select {...common} defaultValue={field.default ?? ''}>
        <option value="">Choose…</option>
        {field.options.map(({ value, label }) => (
          <option key={value} value={value}>
            {visible(label)}
          </option>
        ))}
      </select>
    )
  }
  if (field.kind === 'number') {
    const { minimum: min, maximum: max, isInteger, default: given } = field
    const step = isInteger ? 1 : 'any'
    return <input {...common} type="number" {...{ min, max, step }} defaultValue={given} />
  }
  const { format, default: given } = field
  const shown = format === 'date-time' && given ? toLocal(given) : given
  // A limit that cuts what is pasted would change it unseen; the service says when it is too long.
  return (
    <input
      {...common}
      type={format ? TYPES[format] : 'text'}
      defaultValue={shown}
      autoComplete="off"
    />
  )
}

/** As a browser's field writes it, in the person's own time. */
function toLocal(iso: string): string {
  const date = new Date(iso)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** What was filled in; what was left empty is left out. */
function valuesOf(fields: readonly FormField[], form: HTMLFormElement) {
  const data = new FormData(form)
  const given = fields.flatMap((field, place): [string, FormValue][] => {
    const value = inputOf(field, data, controlName(place))
    return value === undefined ? [] : [[field.name, value]]
  })
  return Object.fromEntries(given)
}

function inputOf(field: FormField, data: FormData, control: string): FormValue | undefined {
  if (field.kind === 'boolean') return data.has(control)
  if (field.kind === 'choices') {
    const chosen = data.getAll(control).map(String)
    return chosen.length > 0 || field.isRequired ? chosen : undefined
  }
  const text = data.get(control)
  return typeof text === 'string' && text !== '' ? singleOf(field, text) : undefined
}

function singleOf(field: Single, text: string): FormValue {
  if (field.kind === 'number') return Number(text)
  if (field.kind !== 'text' || field.format !== 'date-time') return text
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? text : date.toISOString()
}
