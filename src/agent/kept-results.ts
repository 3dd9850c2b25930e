import { z } from 'zod'
import { type ResultPlace, type ResultStore, resultIdOf } from '../conversations/result-store.ts'
import {
  AGENT_TOOL_SERVER,
  READ_RESULT,
  type ToolDefinition,
  type ToolResult,
  type ToolSet
} from '../tool-server.ts'
import { matchesIn, pageOf } from './result-reading.ts'

/** Of all results of one round of calls, side by side: the question and its history need the rest. */
const ROUND_SHARE = 0.5
const MIN_SHOWN_CHARACTERS = 1_000
const CUT_PAGE = '\n[Cut: the rest of this page does not fit any more. Search for what you need.]'
const MAX_SEARCH_CHARACTERS = 200
const MAX_ID_CHARACTERS = 40

const readArguments = z.object({
  result: z.string().min(1).max(MAX_ID_CHARACTERS),
  page: z.number().int().min(1).optional(),
  search: z.string().trim().min(1).max(MAX_SEARCH_CHARACTERS).optional()
})

/** In every tool list, so that the prompt's beginning does not change with the first long result. */
export const READ_RESULT_TOOL: ToolDefinition = {
  name: READ_RESULT,
  description:
    'Reads on in a tool result that was too long to be shown whole. Give the id named in it, and a page (from 1) or a text to search for.',
  inputSchema: {
    type: 'object',
    properties: {
      result: { type: 'string', description: 'Id of the result, as it is named where it was cut.' },
      page: { type: 'integer', minimum: 1 },
      search: {
        type: 'string',
        description: 'Text to look for; upper and lower case are the same.'
      }
    },
    required: ['result'],
    additionalProperties: false
  },
  server: AGENT_TOOL_SERVER,
  readOnly: true
}

export interface KeptResultsOptions {
  readonly store: ResultStore
  readonly place: ResultPlace
  /** UTF-8 bytes of one result that the model reads. */
  readonly maxResultBytes: number
  /** Of the model's prompt, at this moment. */
  readonly promptCharacters: () => number
  /** Of the model. */
  readonly contextTokens: number
}

/**
 * Tools whose long results are kept whole with the conversation: the model reads the beginning, how much there is, and
 * how to read the rest. Only this conversation reads them.
 */
export function withKeptResults(tools: ToolSet, options: KeptResultsOptions): ToolSet {
  const shares = createShares(options)
  const pageCharacters = pageSize(options)
  return {
    ...tools,
    tools: [...tools.tools, READ_RESULT_TOOL],
    async call(name, args, context) {
      const share = shares.begin()
      try {
        if (name === READ_RESULT) {
          context.signal.throwIfAborted()
          return await readResult(args, { ...options, share, pageCharacters: pageCharacters() })
        }
        const result = await tools.call(name, args, context)
        const server = tools.tools.find((tool) => tool.name === name)?.server
        const label = server === undefined ? name : `${name} (${server})`
        return await shortened(result, { ...options, label, maxCharacters: share.characters() })
      } finally {
        share.end()
      }
    }
  }
}

/** Calls run side by side, and together they have to fit: each may show its share of what there is. */
function createShares({ promptCharacters }: KeptResultsOptions) {
  let running = 0
  let most = 0
  return {
    begin() {
      running += 1
      most = Math.max(most, running)
      return {
        characters: () =>
          Math.max(MIN_SHOWN_CHARACTERS, Math.floor((promptCharacters() * ROUND_SHARE) / most)),
        isAlone: () => most === 1,
        end: () => {
          running -= 1
          if (running === 0) most = 0
        }
      }
    }
  }
}

interface Share {
  characters(): number
  /** No other call has run beside it. */
  isAlone(): boolean
}

/** The same for a whole run, so that pages follow each other; one has to fit where it is read alone. */
function pageSize({ maxResultBytes, contextTokens, promptCharacters }: KeptResultsOptions) {
  let size: number | undefined
  return () => {
    const room = promptCharacters() * ROUND_SHARE
    size ??= Math.floor(Math.min(maxResultBytes / 3, contextTokens / 2, room))
    return size
  }
}

interface Shortening extends KeptResultsOptions {
  /** Of the call, for people. */
  readonly label: string
  readonly maxCharacters: number
}

async function shortened(result: ToolResult, options: Shortening): Promise<ToolResult> {
  const { store, place, maxResultBytes, maxCharacters, label } = options
  const { text } = result
  // A character has at most three bytes in UTF-8 for one here.
  const mayFit = text.length <= maxCharacters && text.length <= maxResultBytes
  if (mayFit && (text.length * 3 <= maxResultBytes || Buffer.byteLength(text) <= maxResultBytes)) {
    return result
  }
  const id = resultIdOf(text)
  const isKept = await store.keep(place, id, text)
  const shown = beginning(text, maxCharacters, maxResultBytes)
  const size = `${shown.length} of ${text.length} characters`
  // At the beginning, where whatever is cut again later leaves it.
  const rest = isKept
    ? `The whole result is kept: call ${READ_RESULT} with result "${id}" and a page (from 1) or a search text before saying what is not in it.`
    : 'The rest is not kept. Ask for less.'
  const end = isKept ? '; the rest can be asked for.' : ' and the rest is not kept.'
  return {
    ...result,
    text: `[Cut: the first ${size} follow. ${rest}]\n${shown}`,
    gaps: [...result.gaps, `The result of ${label} was cut: ${size} were read at first${end}`]
  }
}

function beginning(text: string, maxCharacters: number, maxBytes: number): string {
  const bytes = Buffer.from(text.slice(0, Math.min(maxCharacters, maxBytes)))
  // `stream` leaves out a character that was cut in half.
  return new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true })
}

interface Reading extends KeptResultsOptions {
  readonly share: Share
  readonly pageCharacters: number
}

async function readResult(
  args: unknown,
  { store, place, share, pageCharacters }: Reading
): Promise<ToolResult> {
  const asked = readArguments.safeParse(args)
  if (!asked.success) {
    return said('The arguments are the id of a result, and a page (from 1) or a search text.', true)
  }
  const { result, page, search } = asked.data
  const text = await store.read(place, result)
  if (text === undefined) {
    return said(`This conversation has no result "${result}", or has it no more.`, true)
  }
  const maxCharacters = Math.min(pageCharacters, share.characters())
  return search === undefined
    ? withinShare(pageOf(text, page ?? 1, pageCharacters), share)
    : withinShare(matchesIn(text, search, maxCharacters), share)
}

function withinShare(text: string, share: Share): ToolResult {
  const maxCharacters = share.characters()
  if (text.length <= maxCharacters) return said(text)
  if (!share.isAlone()) {
    return said('Too much was asked for at once. Read one page at a time.', true)
  }
  // The model's window is smaller than it was when the page's size was chosen.
  return said(`${text.slice(0, maxCharacters - CUT_PAGE.length)}${CUT_PAGE}`)
}

function said(text: string, isError = false): ToolResult {
  return { isError, text, links: [], gaps: [] }
}
