import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Caller } from '../../auth/caller.ts'
import { AppError } from '../../errors.ts'
import { responseClosed } from '../codecs/sse.ts'
import {
  jsonRpcAnswerSchema,
  jsonRpcErrorSchema,
  jsonRpcRequestSchema,
  toJsonRpcError
} from '../json-rpc.ts'
import { errorResponses } from '../responses.ts'

/** A new tool server that reads Nautobot as this caller. It serves one request and is closed with it. */
export type ToolServerFor = (
  caller: Caller,
  correlationId: string
) => McpServer | Promise<McpServer>

export interface McpRouteOptions {
  readonly toolServerFor: ToolServerFor
  /** Of answers that stream: a comment keeps proxies from closing a quiet line. */
  readonly keepAliveMs: number
}

/** Calls of one batch run side by side; the rate limit counts it once. */
const MAX_BATCH = 20
const MAX_REASON_CHARACTERS = 200

/**
 * This service as an MCP server: streamable HTTP without sessions, in the protocols from 2025 (`initialize`) and in that
 * of 2026-07-28. GET and DELETE, which belong to sessions, are answered 405 as everywhere.
 */
export const mcp: FastifyPluginAsync<McpRouteOptions> = async (app, options) => {
  app.post(
    '/mcp',
    {
      config: {
        operation: 'mcp.call',
        access: 'chat',
        refusesForeignOrigins: true,
        errorBody: (failure) =>
          failure.code === 'INVALID_REQUEST' ? toJsonRpcError(failure) : undefined
      },
      // The SDK judges messages: its answers are those that the protocol names.
      validatorCompiler: () => (value: unknown) => ({ value }),
      schema: {
        tags: ['MCP'],
        summary: "Call Nautobot's tools over MCP",
        description:
          'An MCP server for any MCP client: streamable HTTP without sessions, protocols 2025-03-26 to 2026-07-28. Tools read Nautobot with your rights.',
        body: jsonRpcRequestSchema,
        response: { ...ANSWERS, ...errorResponses('ORIGIN_NOT_ALLOWED') }
      }
    },
    (request, reply) => serve(request, reply, options)
  )
}

const refused = (description: string) => ({
  description,
  content: { 'application/json': { schema: jsonRpcErrorSchema } }
})

const ANSWERS = {
  200: {
    description: 'The answer, or an error of the method that was called.',
    content: {
      'application/json': { schema: jsonRpcAnswerSchema },
      'text/event-stream': { schema: jsonRpcAnswerSchema }
    }
  },
  202: z.null().describe('A notification was taken; there is nothing to answer.'),
  400: refused('The body is no message of the protocol; `error.code` says why.'),
  404: refused('There is no such method (2026-07-28).'),
  406: refused('`Accept` has to name application/json and text/event-stream (2025 protocols).')
}

async function serve(
  request: FastifyRequest,
  reply: FastifyReply,
  { toolServerFor, keepAliveMs }: McpRouteOptions
): Promise<FastifyReply> {
  const { body } = request
  if (Array.isArray(body) && body.length > MAX_BATCH)
    throw new AppError('INVALID_REQUEST', `A batch has at most ${MAX_BATCH} messages.`)
  const problems: Error[] = []
  const handler = createMcpHandler(() => toolServerFor(request.caller, request.id), {
    keepAliveMs,
    onerror: (error) => problems.push(error)
  })
  const answer = await handler.fetch(toWebRequest(request, responseClosed(reply)), {
    parsedBody: body
  })
  for (const err of problems) report(err, answer.status, request)
  if (reply.raw.destroyed) return reply.hijack()
  // On the answer itself: its own headers go out last.
  answer.headers.set('cache-control', 'no-store, no-transform')
  answer.headers.set('x-accel-buffering', 'no')
  return reply.send(answer)
}

function report(err: Error, status: number, { log }: FastifyRequest): void {
  // It may quote the message, however long that is.
  const reason = err.message.slice(0, MAX_REASON_CHARACTERS)
  if (status >= 500) log.error({ err }, 'an MCP request broke')
  else log.info({ reason }, 'an MCP request was refused')
}

/** Headers and the end of the client's patience: the body has been read, and the identity is none of the tools' business. */
function toWebRequest({ url, headers: all }: FastifyRequest, signal: AbortSignal): Request {
  const { authorization: _, ...headers } = all
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((each): [string, string] => [name, each])
  )
  return new Request(new URL(url, 'http://localhost'), { method: 'POST', headers: pairs, signal })
}
