import { type CallToolResult, McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { NautobotClient } from '../nautobot/client.types.ts'
import { nearest } from '../platform/nearest.ts'
import type { ToolDefinition } from '../tool-server.ts'
import { type Asker, createAsker, type Identity } from './asker.ts'
import { changes } from './changes.ts'
import { count } from './count.ts'
import { describe } from './describe.ts'
import { find } from './find.ts'
import { get } from './get.ts'
import type { ModelDirectory } from './model-directory.ts'
import { query } from './query.ts'
import { createRunMemory } from './run-memory.ts'
import type { SavedQuery } from './saved-query.ts'
import { ToolRefusal } from './tool-failure.ts'
import {
  changesInput,
  countInput,
  describeInput,
  findInput,
  getInput,
  queryInput
} from './tool-input.ts'
import { failure, textOnly } from './tool-output.ts'

/** Name of this tool server, for people and in tool definitions. */
export const NAUTOBOT_TOOL_SERVER = 'nautobot'

const VERSION = '1.0.0'
const MAX_PROBLEMS = 5
const MAX_PROBLEM_CHARACTERS = 200

const INSTRUCTIONS =
  'Nautobot is the source of truth of the network; these tools read it with the rights of the asking user. ' +
  'Take every number from count or from the `count` of find, never by counting rows. ' +
  'After an error with `nearest`, ask again with a name from there, or ask the user.'

const COUNT =
  'How many objects in Nautobot match, in all or for each value of one or two fields. ' +
  'Use it for every "how many", for distributions and for "which has the most", with group_by.'

const FIND =
  'List objects in Nautobot that match. `count` in the result is the number of all that match, also when the list is cut.'

const CHANGES =
  'Who changed what in Nautobot and when, newest first, with the fields before and after. ' +
  'Give times as the user says them; `range` in the result has what they were taken for.'

const GET =
  'One object with all its fields and what it is related to: "show me ams01-rtr-01", "what is 10.0.0.1". ' +
  'Fields in `not_set` have no value. When several objects may be meant, the error lists `candidates`.'

const DESCRIBE =
  'What Nautobot can be asked: its models, or the fields, filters and allowed values of one model. ' +
  'Use it when unsure of a name, rather than guess.'

const QUERY =
  'Ask Nautobot in GraphQL, where find does not reach: several lists at once, or relations of relations. ' +
  'Lists take the filters of count. At the root they also take limit (at most 200) and offset; nested lists take neither: ' +
  'ask for the many side at the root, as interfaces(device: [...]). `counts` in the result are the numbers of all that match.'

const READ_ONLY = { readOnlyHint: true, destructiveHint: false, idempotentHint: true } as const

const definition = (name: string, description: string, input: z.ZodType): ToolDefinition => {
  const { $schema: _, ...inputSchema } = z.toJSONSchema(input, { io: 'input' })
  return { name, description, inputSchema, server: NAUTOBOT_TOOL_SERVER, readOnly: true }
}

/** The built-in tools as a model sees them; the same for every run, so that prompts can be cached. */
export const nautobotToolDefinitions: readonly ToolDefinition[] = [
  definition('changes', CHANGES, changesInput),
  definition('count', COUNT, countInput),
  definition('find', FIND, findInput),
  definition('get', GET, getInput),
  definition('describe', DESCRIBE, describeInput),
  definition('query', QUERY, queryInput)
]

/** Those of queries kept in Nautobot; offered after the others. */
export const savedQueryDefinitions = (saved: readonly SavedQuery[]): readonly ToolDefinition[] =>
  saved.map(({ tool, description, input }) => definition(tool, description, input))

interface Tool<I> {
  readonly schema: z.ZodType<I>
  readonly work: (
    input: I,
    asker: Asker,
    directory: ModelDirectory,
    nowMs: number
  ) => Promise<CallToolResult>
}

/** Advertised as it is, but checked in {@link readInput}: wrong arguments are answered like any other failure. */
function checkedByUs(schema: z.ZodType) {
  const standard = schema['~standard']
  return { '~standard': { ...standard, validate: (value: unknown) => ({ value }) } }
}

/** What is wrong with an argument. It may quote what was given, however long that is. */
function sentenceOf({ path, message }: z.core.$ZodIssue): string {
  const name = path.join('.').slice(0, MAX_PROBLEM_CHARACTERS) || 'arguments'
  const isMissing = message.endsWith('received undefined')
  return `${name}: ${isMissing ? 'This is missing.' : message.slice(0, MAX_PROBLEM_CHARACTERS)}`
}

function readInput<I>(schema: z.ZodType<I>, args: unknown): I {
  const parsed = schema.safeParse(args)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.slice(0, MAX_PROBLEMS)
  const wrong = problems.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []))
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
  const near = wrong.slice(0, MAX_PROBLEMS).flatMap((name) => nearest(name, names))
  throw new ToolRefusal(problems.map(sentenceOf).join(' '), [...new Set(near)])
}

/** Every failure becomes a result; an abort stays one. */
async function settle(
  work: () => Promise<CallToolResult>,
  signal: AbortSignal
): Promise<CallToolResult> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    return failure(error)
  }
}

export interface NautobotToolServerOptions extends Identity {
  readonly nautobot: NautobotClient
  /** Shared by all tool servers of the process. */
  readonly directory: ModelDirectory
  readonly correlationId: string
  /** Queries kept in Nautobot, as tools. */
  readonly savedQueries?: readonly SavedQuery[]
  /** Milliseconds since the epoch; for times such as "yesterday". */
  readonly now?: () => number
  /** Answers clients other than our agent, which know nothing of the program's part of a result. */
  readonly forOutside?: boolean
  /** Does the work of each call, and answers with what comes of it. */
  readonly around?: (call: ToolCall, work: () => Promise<CallToolResult>) => Promise<CallToolResult>
  /** Told of every call when it is over. */
  readonly onCalled?: (call: CalledTool) => void
}

export interface ToolCall {
  readonly tool: string
  /** As they came, unchecked. */
  readonly args: unknown
}

export interface CalledTool {
  readonly tool: string
  readonly outcome: 'ok' | 'error' | 'aborted'
  readonly durationMs: number
}

/**
 * The built-in tools as an MCP server for one user: made for a run, or for a request of an outside client. It holds no
 * connection; close it with its transport. Every failure is a result with `isError`, but for an abort.
 */
export function createNautobotToolServer(options: NautobotToolServerOptions): McpServer {
  const { nautobot, directory, correlationId, forOutside = false, onCalled } = options
  const { now = Date.now, around = (_call, work) => work() } = options
  const server = new McpServer(
    { name: NAUTOBOT_TOOL_SERVER, version: VERSION },
    // The list is the same as long as the server lives: nobody has to listen for changes of it.
    { instructions: INSTRUCTIONS, capabilities: { tools: { listChanged: false } } }
  )

  const memory = createRunMemory()

  function register<I>(name: string, description: string, { schema, work }: Tool<I>): void {
    const config = { description, inputSchema: checkedByUs(schema), annotations: READ_ONLY }
    server.registerTool(name, config, async (args, { mcpReq: { signal } }) => {
      const startedAt = performance.now()
      let outcome: CalledTool['outcome'] = 'aborted'
      try {
        const asker = createAsker(nautobot, options, { signal, correlationId }, memory)
        const answer = () => work(readInput(schema, args), asker, directory, now())
        const result = await around({ tool: name, args }, () => settle(answer, signal))
        outcome = result.isError ? 'error' : 'ok'
        return forOutside ? textOnly(result) : result
      } finally {
        onCalled?.({ tool: name, outcome, durationMs: performance.now() - startedAt })
      }
    })
  }

  register('changes', CHANGES, { schema: changesInput, work: changes })
  register('count', COUNT, { schema: countInput, work: count })
  register('find', FIND, { schema: findInput, work: find })
  register('get', GET, { schema: getInput, work: get })
  register('describe', DESCRIBE, { schema: describeInput, work: describe })
  register('query', QUERY, { schema: queryInput, work: query })
  for (const { tool, description, input, query: text } of options.savedQueries ?? [])
    register(tool, description, {
      schema: input,
      work: (variables, asker, shared, nowMs) =>
        query({ query: text, variables }, asker, shared, nowMs)
    })
  return server
}
