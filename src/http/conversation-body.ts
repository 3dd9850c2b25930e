import type { ConversationChoice } from '../conversations/conversation-choice.ts'
import type {
  ConversationPlace,
  ConversationSummary
} from '../conversations/conversation-summary.ts'
import type { Conversation } from '../conversations/conversations.ts'
import { AppError } from '../errors.ts'

const CURSOR = /^(\d{1,15}):([A-Za-z0-9_-]{1,64})$/

export function toSummaryBody({ id, title, createdAt, updatedAt, runId }: ConversationSummary) {
  return {
    id,
    title,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
    ...(runId !== undefined && { runId })
  }
}

export function toConversationBody(conversation: Conversation) {
  const messages = conversation.messages.map(({ toolCalls, versions, ...message }) => ({
    ...message,
    ...(toolCalls && { toolCalls: [...toolCalls] }),
    ...(versions && { versions: [...versions] })
  }))
  return { ...toSummaryBody(conversation), choice: toChoiceBody(conversation.choice), messages }
}

function toChoiceBody({ model, mcpServers }: ConversationChoice) {
  return { ...(model && { model }), ...(mcpServers && { mcpServers: [...mcpServers] }) }
}

/** A place as clients hand it back; what is in it is none of their business. */
export function encodeCursor({ updatedAt, id }: ConversationPlace): string {
  return Buffer.from(`${updatedAt}:${id}`).toString('base64url')
}

/** Throws INVALID_REQUEST for what `encodeCursor` cannot have given. */
export function decodeCursor(cursor: string): ConversationPlace {
  const [, updatedAt, id] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (updatedAt !== undefined && id !== undefined) return { updatedAt: Number(updatedAt), id }
  const message = 'is not a cursor of this list'
  throw new AppError('INVALID_REQUEST', `cursor: ${message}.`, {
    details: { fields: [{ path: 'cursor', message }] }
  })
}
