import { z } from 'zod'
import { ERROR_KINDS, type ErrorCode } from '../errors.ts'
import { errorSchema } from './schemas.ts'

interface ErrorResponse {
  readonly description: string
  readonly content: { readonly 'application/json': { readonly schema: z.ZodType } }
}

/** For a route's `schema.response`: its error answers by status, every code with what to do about it. */
export function errorResponses(...codes: readonly ErrorCode[]): Record<number, ErrorResponse> {
  const responses: Record<number, ErrorResponse> = {}
  for (const [status, group] of Map.groupBy(codes, (code) => ERROR_KINDS[code].status)) {
    const lines = group.map((code) => `\`${code}\`: ${ERROR_KINDS[code].help}`)
    responses[status] = {
      description: lines.join('\n\n'),
      content: { 'application/json': { schema: errorSchema } }
    }
  }
  return responses
}

/** What `POST /api/v1/chat` and a run's events look like to readers of the document. */
export const eventStreamSchema = z.string().meta({
  description:
    'AG-UI events as server-sent events: `id` counts from 1 and comes back as `Last-Event-ID`, `event` is the type, `data` the event as JSON. The stream ends with RUN_FINISHED or RUN_ERROR; one that is cut can be resumed.',
  examples: [
    'id: 1\nevent: RUN_STARTED\ndata: {"type":"RUN_STARTED","threadId":"5b0c…","runId":"0e0f…"}\n\n'
  ]
})
