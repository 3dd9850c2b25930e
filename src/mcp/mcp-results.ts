import { z } from 'zod'
import type { ProofLink, ToolResult } from '../tool-server.ts'
import type { CallResult } from './mcp-connection.ts'
import type { McpFailure } from './mcp-failure.ts'

const MAX_LINKS = 20
const MAX_OBJECTS = 50
const MAX_GAPS = 10

export interface ResultOptions {
  /** UTF-8 bytes of `text`, with the sentence that says it was cut. */
  readonly maxBytes: number
  /** Name of the tool, for people. */
  readonly tool: string
}

const link = z.object({ label: z.string(), url: z.string() })

/** What a tool server of our own adds to its text. From a foreign one it would be a claim. */
const facts = z.object({
  rows: z.number().int().min(0).optional().catch(undefined),
  links: z.array(link).max(MAX_LINKS).catch([]),
  objects: z.array(link).max(MAX_OBJECTS).optional().catch(undefined),
  gaps: z.array(z.string()).max(MAX_GAPS).catch([])
})

/** The result of a foreign server: text, and sentences in place of what a model cannot read. */
export function foreignResult(result: CallResult, options: ResultOptions): ToolResult {
  return cutResult({ isError: result.isError ?? false, text: textOf(result) }, options)
}

/** The result of our own server: `structuredContent` carries rows, links and gaps. */
export function ownResult(result: CallResult, options: ResultOptions): ToolResult {
  const known = facts.safeParse(result.structuredContent).data
  const cut = cutResult({ isError: result.isError ?? false, text: textOf(result) }, options)
  const links: readonly ProofLink[] = known?.links ?? []
  return {
    ...cut,
    links,
    gaps: [...(known?.gaps ?? []), ...cut.gaps],
    ...(known?.objects?.length && { objects: known.objects }),
    ...(known?.rows !== undefined && { rows: known.rows })
  }
}

/** What the server wanted in the middle of its call, for the model and the user. */
export function withNotes(
  result: ToolResult,
  notes: readonly string[],
  server: string
): ToolResult {
  if (notes.length === 0) return result
  const gaps = [...new Set(notes)].map((note) => `${server}: ${note}`)
  const told = gaps.map((gap) => `[${gap}]`).join('\n')
  return { ...result, text: `${result.text}\n${told}`, gaps: [...result.gaps, ...gaps] }
}

/** A call that came to nothing, told to the model; told to the user too when the server is the reason. */
export function failedResult(server: string, failure: McpFailure, options: ResultOptions) {
  if (failure.kind === 'refused') {
    return cutResult({ isError: true, text: failure.message }, options)
  }
  const isUncertain = failure.kind === 'timeout' || failure.kind === 'failed'
  const warning = isUncertain ? ' Whether the call had any effect is not known.' : ''
  const said = `${server} could not be asked: ${failure.message}`
  return errorResult(`${said}${warning} Say so, and go on without it.`, [said])
}

export function errorResult(text: string, gaps: readonly string[] = []): ToolResult {
  return { isError: true, text, links: [], gaps }
}

function textOf({ content, structuredContent }: CallResult): string {
  const text = content.map(describeEntry).join('\n')
  if (text.trim() !== '' || structuredContent === undefined) return text
  return JSON.stringify(structuredContent)
}

type Entry = CallResult['content'][number]

const ENTRIES: Readonly<Record<string, (entry: Entry) => string>> = {
  text: ({ text }) => (typeof text === 'string' ? text : ''),
  image: ({ mimeType }) => `[An image (${mimeType ?? 'of unknown type'}) that is not shown here.]`,
  audio: ({ mimeType }) => `[A sound (${mimeType ?? 'of unknown type'}) that is not played here.]`,
  resource_link: ({ uri, name }) => `[A resource named ${name ?? 'nothing'}: ${uri ?? 'nowhere'}]`,
  resource: ({ resource }) => describeResource(resource)
}

function describeEntry(entry: Entry): string {
  return ENTRIES[entry.type]?.(entry) ?? `[Content of the unknown type ${entry.type}.]`
}

function describeResource(resource: unknown): string {
  const { text, uri, mimeType } = (resource ?? {}) as Record<string, unknown>
  if (typeof text === 'string') return `[The resource ${uri}:]\n${text}`
  return `[The resource ${uri} (${mimeType ?? 'of unknown type'}), which is not text.]`
}

function cutResult(
  { isError, text }: { isError: boolean; text: string },
  { maxBytes, tool }: ResultOptions
): ToolResult {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return { isError, text, links: [], gaps: [] }
  const size = `${inKib(maxBytes)} of ${inKib(bytes.length)} KiB`
  const notice = `\n[Cut here: only ${size} are shown. Ask for less.]`
  const room = Math.max(0, maxBytes - Buffer.byteLength(notice))
  // `stream` leaves out a character that was cut in half.
  const shown = new TextDecoder().decode(bytes.subarray(0, room), { stream: true })
  return {
    isError,
    text: shown + notice,
    links: [],
    gaps: [`The result of ${tool} was cut: ${size} were read.`]
  }
}

function inKib(bytes: number): number {
  return Math.max(1, Math.round(bytes / 1024))
}
