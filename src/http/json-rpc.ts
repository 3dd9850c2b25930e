import { z } from 'zod'
import type { AppError } from '../errors.ts'

/** Messages of MCP as the document shows them. They are judged by the SDK, which answers in their own shape. */

const id = z.union([z.string(), z.number()])
const version = z.literal('2.0')

const messageSchema = z
  .looseObject({
    jsonrpc: version,
    id: id.optional().describe('None: a notification, which is answered 202 and nothing more.'),
    method: z.string().describe('`initialize`, `server/discover`, `tools/list`, `tools/call`, …'),
    params: z.looseObject({}).optional()
  })
  .meta({
    id: 'JsonRpcMessage',
    examples: [
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'count', arguments: { model: 'devices', filters: { location: 'AMS01' } } }
      }
    ]
  })

export const jsonRpcRequestSchema = z.union([
  messageSchema,
  z.array(messageSchema).describe('Several at once, as the protocol of 2025-03-26 has it.')
])

export const jsonRpcAnswerSchema = z
  .looseObject({ jsonrpc: version, id, result: z.looseObject({}) })
  .meta({ id: 'JsonRpcAnswer' })

export const jsonRpcErrorSchema = z
  .looseObject({
    jsonrpc: version,
    id: id.nullable(),
    error: z.looseObject({
      code: z.int().describe('As JSON-RPC and MCP number them.'),
      message: z.string(),
      data: z
        .looseObject({})
        .optional()
        .describe('Where the body could not be read, the content of `Error`.')
    })
  })
  .meta({ id: 'JsonRpcError' })

const [PARSE_ERROR, INVALID_REQUEST] = [-32_700, -32_600]

/** What cannot be read as a message, as JSON-RPC says it; ours is in `data`. */
export function toJsonRpcError(failure: AppError) {
  const { error } = failure.toBody()
  const code = failure.cause === undefined ? INVALID_REQUEST : PARSE_ERROR
  return { jsonrpc: '2.0', id: null, error: { code, message: error.message, data: error } }
}
