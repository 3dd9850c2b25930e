import type { FastifyInstance } from 'fastify'
import type { ErrorBody } from '../../../src/errors.ts'
import type {
  ConversationSummary,
  ReadConversation,
  ReadMessage
} from '../../../src/web/conversation-api.ts'

export interface FakeConversations {
  /** Newest first. */
  stored: ReadConversation[]
  /** Answers every request of the list in place of it. */
  refuse: { readonly status: number; readonly error: ErrorBody['error'] } | undefined
}

type ById = { Params: { id: string } }

/** The routes of a person's conversations, over a list that a test gives and reads. */
export function serveConversations(app: FastifyInstance): FakeConversations {
  const fake: FakeConversations = { stored: [], refuse: undefined }
  const find = (id: string): ReadConversation | undefined =>
    fake.stored.find((conversation) => conversation.id === id)
  app.get<{ Querystring: { limit: string; cursor?: string; search?: string } }>(
    '/api/v1/conversations',
    (request, reply) => {
      if (fake.refuse) return reply.code(fake.refuse.status).send({ error: fake.refuse.error })
      const { limit, cursor = '0', search = '' } = request.query
      const found = fake.stored.filter(({ title }) =>
        title.toLowerCase().includes(search.toLowerCase())
      )
      const end = Number(cursor) + Number(limit)
      return {
        conversations: found.slice(Number(cursor), end).map(summary),
        ...(end < found.length && { nextCursor: String(end) })
      }
    }
  )
  app.get<ById>('/api/v1/conversations/:id', (request, reply) => {
    return find(request.params.id) ?? reply.code(404).send({ error: UNKNOWN })
  })
  app.patch<ById & { Body: { title: string } }>('/api/v1/conversations/:id', (request, reply) => {
    const found = find(request.params.id)
    if (!found) return reply.code(404).send({ error: UNKNOWN })
    const renamed = { ...found, title: request.body.title }
    fake.stored = fake.stored.map((one) => (one === found ? renamed : one))
    return summary(renamed)
  })
  app.delete<ById>('/api/v1/conversations/:id', (request, reply) => {
    const found = find(request.params.id)
    if (!found) return reply.code(404).send({ error: UNKNOWN })
    fake.stored = fake.stored.filter((one) => one !== found)
    return reply.code(204).send()
  })
  app.get<ById>('/api/v1/conversations/:id/export', (request, reply) => {
    const found = find(request.params.id)
    if (!found) return reply.code(404).send({ error: UNKNOWN })
    return reply.type('text/markdown; charset=utf-8').send(`# ${found.title}\n`)
  })
  return fake
}

function summary({ messages: _, ...rest }: ReadConversation): ConversationSummary {
  return rest
}

/** A conversation of one question, answered after one tool call, some hours ago. */
export function storedConversation(
  id: string,
  title: string,
  hoursAgo: number,
  changes: Partial<ReadConversation> = {}
): ReadConversation {
  const asked = new Date(Date.now() - hoursAgo * 3_600_000).toISOString()
  const messages: ReadMessage[] = [
    { id: `${id}-1`, role: 'user', text: title },
    {
      id: `${id}-2`,
      role: 'assistant',
      text: '',
      toolCalls: [
        {
          toolCallId: `${id}-call`,
          name: 'count',
          arguments: { model: 'dcim.device', filters: { location: 'AMS01' } },
          result: '{"count":24}'
        }
      ]
    },
    {
      id: `${id}-3`,
      role: 'assistant',
      text: `There are **24** of them.\n\n| role | count |\n|---|---|\n| leaf | 24 |\n`
    }
  ]
  return { id, title, createdAt: asked, updatedAt: asked, messages, ...changes }
}

const UNKNOWN: ErrorBody['error'] = {
  code: 'CONVERSATION_NOT_FOUND',
  message: 'There is no such conversation.',
  retryable: false
}
