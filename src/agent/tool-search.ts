import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { z } from 'zod'
import { isRecord } from '../platform/json.ts'
import {
  AGENT_TOOL_SERVER,
  CALL_TOOL,
  SEARCH_TOOLS,
  type ToolDefinition,
  type ToolResult,
  type ToolSet
} from '../tool-server.ts'
import type { PlannedCall } from './agent-step.ts'
import { foundTools, nothingFound, sayServers } from './found-tools.ts'
import type { ModelAnswer } from './model-turn.ts'
import { createToolIndex, type ToolIndex } from './tool-index.ts'

const MAX_QUERY_CHARACTERS = 200

export interface ToolSearchLimits {
  /** Functions that a provider takes with one request. */
  readonly maxOfferedTools: number
  /** Of their names, descriptions and schemas in JSON. */
  readonly maxOfferedCharacters: number
}

/**
 * The tools of a run as its model sees them. Where there are too many, it is offered those of this product and two more:
 * one that searches, and one that calls what was found. Everybody but the model knows a call by the tool that it is for.
 */
export interface ToolSearch {
  /** Everything that may be called. */
  readonly tools: ToolSet
  /** What the model is told of. The same for a whole conversation as long as the tools are. */
  readonly offered: readonly ToolDefinition[]
  /** The conversation, with calls written as the model made them. */
  toModel(messages: readonly BaseMessage[]): readonly BaseMessage[]
  /** The answer, with calls of the tools that they are for. */
  fromModel<T extends ModelAnswer>(answer: T): T
}

/** What the model is told of these tools. */
export function offeredTools(
  tools: readonly ToolDefinition[],
  { maxOfferedTools, maxOfferedCharacters }: ToolSearchLimits
): readonly ToolDefinition[] {
  const own = tools.filter(({ origin }) => origin === undefined)
  const fits = tools.length <= maxOfferedTools && sizeOf(tools) <= maxOfferedCharacters
  const isAllOwn = own.length === tools.length && tools.length <= maxOfferedTools
  if (fits || isAllOwn) return tools
  const shown = own.slice(0, maxOfferedTools - 2)
  const hidden = tools.filter((tool) => !shown.includes(tool))
  return [...shown, searchTool(hidden), CALL]
}

function sizeOf(tools: readonly ToolDefinition[]): number {
  return tools.reduce((sum, { name, description, inputSchema }) => {
    return sum + name.length + description.length + JSON.stringify(inputSchema).length
  }, 0)
}

export function createToolSearch(tools: ToolSet, limits: ToolSearchLimits): ToolSearch {
  const offered = offeredTools(tools.tools, limits)
  if (!offered.includes(CALL)) {
    return { tools, offered, toModel: (messages) => messages, fromModel: (answer) => answer }
  }
  const shown = new Set(offered.map(({ name }) => name))
  const byName = new Map(tools.tools.map((tool) => [tool.name, tool]))
  const hidden = tools.tools.filter(({ name }) => !shown.has(name))
  const own = offered.filter(({ name }) => !byName.has(name))
  let index: ToolIndex | undefined
  return {
    offered,
    tools: {
      ...tools,
      tools: [...tools.tools, ...own],
      async call(name, args, context) {
        if (name !== SEARCH_TOOLS && name !== CALL_TOOL) return tools.call(name, args, context)
        context.signal.throwIfAborted()
        index ??= createToolIndex(hidden)
        return name === SEARCH_TOOLS ? search(args, index, hidden) : notFound(args, index)
      }
    },
    toModel: (messages) => messages.map((message) => asCalled(message, shown)),
    fromModel(answer) {
      const calls = answer.calls.map((call) => resolved(call, byName))
      answer.message.tool_calls = calls.map(({ id, name, args }) => {
        return { id, name, args, type: 'tool_call' }
      })
      return { ...answer, calls }
    }
  }
}

const queryShape = {
  type: 'string',
  maxLength: MAX_QUERY_CHARACTERS,
  description: 'A few words about what the tool does or works on, or the exact name of a tool.'
}

function searchTool(hidden: readonly ToolDefinition[]): ToolDefinition {
  return {
    name: SEARCH_TOOLS,
    description: `Finds further tools, which are not listed here: ${sayServers(hidden)}. Answers with their names, descriptions and arguments; ${CALL_TOOL} calls them.`,
    inputSchema: {
      type: 'object',
      properties: { query: queryShape },
      required: ['query'],
      additionalProperties: false
    },
    server: AGENT_TOOL_SERVER,
    readOnly: true
  }
}

/** Read only, as it calls nothing itself: a call that names a tool is a call of that tool before anybody sees it. */
const CALL: ToolDefinition = {
  name: CALL_TOOL,
  description: `Calls a tool that ${SEARCH_TOOLS} has found.`,
  inputSchema: {
    type: 'object',
    properties: {
      name: {
        type: 'string',
        description: `Name of the tool, exactly as ${SEARCH_TOOLS} gave it.`
      },
      arguments: {
        type: 'object',
        properties: {},
        description: 'Arguments of the tool, as its schema says.'
      }
    },
    required: ['name', 'arguments']
  },
  server: AGENT_TOOL_SERVER,
  readOnly: true
}

const searchArguments = z.object({ query: z.string().trim().min(1).max(MAX_QUERY_CHARACTERS) })

function search(args: unknown, index: ToolIndex, hidden: readonly ToolDefinition[]): ToolResult {
  const asked = searchArguments.safeParse(args)
  if (!asked.success) return said('The arguments are a query of a few words.', true)
  const { query } = asked.data
  const found = index.find(query)
  return said(found.length > 0 ? foundTools(found, query) : nothingFound(hidden))
}

function notFound(args: unknown, index: ToolIndex): ToolResult {
  const name = isRecord(args) && typeof args.name === 'string' ? args.name : ''
  const near = index.find(name.slice(0, MAX_QUERY_CHARACTERS)).slice(0, 5)
  const hint = near.length > 0 ? ` Near: ${near.map((tool) => tool.name).join(', ')}.` : ''
  const text = `There is no tool called "${name.slice(0, 100)}".${hint} Use ${SEARCH_TOOLS} first.`
  return said(text, true)
}

function said(text: string, isError = false): ToolResult {
  return { isError, text, links: [], gaps: [] }
}

function resolved(call: PlannedCall, tools: ReadonlyMap<string, ToolDefinition>): PlannedCall {
  const { name, arguments: given } = call.args
  const isNamed = call.name === CALL_TOOL && typeof name === 'string' && tools.has(name)
  if (!isNamed || call.malformed !== undefined) return call
  const args = given === undefined ? {} : asRecord(given)
  const { id } = call
  return args ? { id, name, args } : { id, name, args: {}, malformed: JSON.stringify(given) }
}

/** Some models write the inner arguments as text. */
function asRecord(given: unknown): Readonly<Record<string, unknown>> | undefined {
  if (isRecord(given)) return given
  try {
    const parsed: unknown = JSON.parse(String(given))
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** As it was called, so that the model goes on calling it that way. */
function asCalled(message: BaseMessage, shown: ReadonlySet<string>): BaseMessage {
  if (ToolMessage.isInstance(message)) {
    if (message.name === undefined || shown.has(message.name)) return message
    const { id, content, tool_call_id, status } = message
    return new ToolMessage({
      ...(id && { id }),
      content,
      tool_call_id,
      ...(status && { status }),
      name: CALL_TOOL
    })
  }
  if (!AIMessage.isInstance(message)) return message
  const calls = message.tool_calls ?? []
  if (calls.every(({ name }) => shown.has(name))) return message
  const { id, content, additional_kwargs } = message
  const tool_calls = calls.map((call) =>
    shown.has(call.name)
      ? call
      : { ...call, name: CALL_TOOL, args: { name: call.name, arguments: call.args } }
  )
  return new AIMessage({ ...(id && { id }), content, additional_kwargs, tool_calls })
}
