import type { CallToolResult } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import type { ProofLink } from '../tool-server.ts'
import { ToolRefusal } from './tool-failure.ts'

/** More than one can read; the text has them all. */
const MAX_GAPS = 10

/** What a tool answers beside its text: for the program that shows the answer, not for the model. */
export interface ToolOutput {
  /** Rows of a list, or groups of a count; absent when the answer is a single number. */
  readonly rows?: number
  /** All that match, however many rows there are. */
  readonly count: number
  readonly links: readonly ProofLink[]
  /** Pages of objects that have no link of their own above. */
  readonly objects?: readonly ProofLink[]
  readonly gaps: readonly string[]
}

export function success(text: Readonly<Record<string, unknown>>, output: ToolOutput) {
  return {
    content: [{ type: 'text', text: JSON.stringify(text) }],
    structuredContent: { ...output, gaps: output.gaps.slice(0, MAX_GAPS) }
  } satisfies CallToolResult
}

function sentence({ code, message }: AppError): string {
  // Whoever reads on must not take silence for "none".
  if (code === 'NAUTOBOT_UNAVAILABLE')
    return `Nautobot could not be asked, so the answer is not known. ${message}`
  return message
}

/**
 * The same for a client that is not our agent: it shows its model one part of a result or the other, so all of it is in
 * the text, links included.
 */
export function textOnly({ structuredContent, ...rest }: CallToolResult): CallToolResult {
  const [first] = rest.content
  const { data } = linked.safeParse(structuredContent)
  if (!data || first?.type !== 'text') return rest
  const text = JSON.stringify({ ...JSON.parse(first.text), links: data.links })
  return { ...rest, content: [{ type: 'text', text }] }
}

/** What is told of a result to whoever watches calls. */
export function toldOf({ isError = false, content: [first], structuredContent }: CallToolResult) {
  const { rows } = counted.safeParse(structuredContent).data ?? {}
  const text = first?.type === 'text' ? first.text : ''
  return { isError, text, ...(rows !== undefined && { rows }) }
}

const counted = z.object({ rows: z.number() })
const linked = z.object({ links: z.array(z.unknown()).min(1) })

function hints(error: AppError) {
  if (!(error instanceof ToolRefusal)) return {}
  const { nearest, candidates } = error
  return {
    ...(nearest.length > 0 && { nearest }),
    ...(candidates.length > 0 && { candidates })
  }
}

/** A failed call as a result: one sentence, and names or objects that may have been meant. */
export function failure(cause: unknown): CallToolResult {
  const error = AppError.from(cause)
  const { code } = error
  const message = sentence(error)
  const body = { error: { code, message, ...hints(error) } }
  // The model may keep an outage to itself; the footer of the answer does not.
  const gaps = code === 'NAUTOBOT_UNAVAILABLE' ? [message] : []
  return {
    isError: true,
    content: [{ type: 'text', text: JSON.stringify(body) }],
    structuredContent: { ...body, gaps }
  }
}
