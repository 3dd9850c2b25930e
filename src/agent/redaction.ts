import { createHmac } from 'node:crypto'
import {
  AIMessage,
  type BaseMessage,
  HumanMessage,
  isAIMessage,
  isHumanMessage,
  isToolMessage,
  SystemMessage,
  ToolMessage
} from '@langchain/core/messages'
import { PLACEHOLDER, REDACTION_PATTERNS, type RedactedKind } from './redaction-patterns.ts'

const MARK_CHARACTERS = 10
const BEGINS_AS_PLACEHOLDER = /^\[(?:email|phone|hidden)-[0-9a-f]{10}/

/** What a model is told when it reads placeholders. */
export const REDACTION_PROMPT =
  '- [email-…], [phone-…] and [hidden-…] stand for values that you are not shown. Write them as they are, brackets included; never guess what is behind one.'

/**
 * Takes personal data and secrets out of what goes to a model, and puts addresses and telephone numbers of persons back
 * into what comes from it. Secrets stay hidden. The same value has the same placeholder in all of its conversation.
 */
export interface Redaction {
  /** All but the first message: the prompt, which the service and its administrator wrote. */
  redact(messages: readonly BaseMessage[]): BaseMessage[]
  /** Only what was redacted before. */
  restore(text: string): string
}

/** Whatever looks like personal data or a secret, for good: for texts that nobody reads back. */
export function hideSecrets(text: string): string {
  return REDACTION_PATTERNS.reduce(
    (hidden, { pattern }) =>
      hidden.replace(pattern, (_whole, before: string) => `${before}[hidden]`),
    text
  )
}

/** `conversationId` is the key of the placeholders: whoever does not know it cannot try values out. */
export function createRedaction(conversationId: string): Redaction {
  const values = new Map<string, string>()
  const known = new WeakMap<BaseMessage, BaseMessage>()

  function placeholder(kind: RedactedKind, value: string): string {
    const mark = createHmac('sha256', conversationId).update(`${kind}\n${value}`).digest('hex')
    const name = `[${kind}-${mark.slice(0, MARK_CHARACTERS)}]`
    if (kind !== 'hidden') values.set(name, value)
    return name
  }

  function redactText(text: string): string {
    let redacted = text
    for (const { kind, pattern } of REDACTION_PATTERNS) {
      redacted = redacted.replace(pattern, (whole, before: string, value: string) =>
        BEGINS_AS_PLACEHOLDER.test(value) ? whole : before + placeholder(kind, value)
      )
    }
    return redacted
  }

  function redacted(message: BaseMessage): BaseMessage {
    const wire = known.get(message) ?? withText(message, redactText)
    known.set(message, wire)
    return wire
  }

  return {
    redact: ([prompt, ...messages]) => [...(prompt ? [prompt] : []), ...messages.map(redacted)],
    restore: (text) => text.replace(PLACEHOLDER, (name) => values.get(name) ?? name)
  }
}

type ChangeText = (text: string) => string

/** A copy of what goes to a model. */
function withText(message: BaseMessage, change: ChangeText): BaseMessage {
  const { id, name, text } = message
  const common = {
    ...(id !== undefined && { id }),
    ...(name !== undefined && { name }),
    content: change(text)
  }
  if (isHumanMessage(message)) return new HumanMessage(common)
  if (isToolMessage(message)) {
    const { tool_call_id, status } = message
    return new ToolMessage({ ...common, tool_call_id, ...(status && { status }) })
  }
  if (!isAIMessage(message)) return new SystemMessage(common)
  const calls = (message.tool_calls ?? []).map((call) => ({
    ...call,
    args: changedEntries(call.args, change)
  }))
  return new AIMessage({ ...common, tool_calls: calls })
}

function changedEntries(
  value: Readonly<Record<string, unknown>>,
  change: ChangeText
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, changedValue(entry, change)])
  )
}

function changedValue(value: unknown, change: ChangeText): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((entry) => changedValue(entry, change))
  if (typeof value !== 'object' || value === null) return value
  return changedEntries({ ...value }, change)
}
