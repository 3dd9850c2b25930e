import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import type { ProofLink, ToolResult } from '../tool-server.ts'
import type { FactSources } from './claims/facts.ts'

/** What is kept beside a tool result, for what is said about it later; the model does not read it. */
export interface ResultOrigin {
  /** ISO 8601. */
  readonly readAt: string
  /** Whose rights it was read with. */
  readonly username: string
  readonly server: string
  readonly links: readonly ProofLink[]
}

/** What the tools of a conversation have shown so far. */
export interface Evidence {
  /** All of the conversation. */
  readonly all: FactSources
  /** Of the newest question alone. */
  readonly current: FactSources
  /** Of earlier questions, oldest first. */
  readonly earlier: readonly EarlierResult[]
  /** Oldest first. */
  readonly links: readonly ProofLink[]
}

export interface EarlierResult {
  /** In lower case. */
  readonly text: string
  readonly readAt: string | undefined
}

export function originOf(
  { links, objects = [] }: ToolResult,
  { server, username, now }: { server: string; username: string; now: number }
): ResultOrigin {
  return { readAt: new Date(now).toISOString(), username, server, links: [...objects, ...links] }
}

/** The facts of a conversation; results of calls that failed are facts, too: what is not there, and what comes near. */
export function evidenceOf(messages: readonly BaseMessage[]): Evidence {
  const asked = messages.findLastIndex((message) => HumanMessage.isInstance(message))
  const results = messages.filter((message) => ToolMessage.isInstance(message))
  const before = messages.slice(0, Math.max(0, asked)).filter((one) => ToolMessage.isInstance(one))
  return {
    all: sourcesOf(messages),
    current: sourcesOf(messages.slice(Math.max(0, asked))),
    earlier: before.map((message) => ({
      text: message.text.toLowerCase(),
      readAt: originIn(message)?.readAt
    })),
    links: results.flatMap((message) => originIn(message)?.links ?? [])
  }
}

function sourcesOf(messages: readonly BaseMessage[]): FactSources {
  return {
    results: messages.filter((one) => ToolMessage.isInstance(one)).map(({ text }) => text),
    words: messages.flatMap(wordsOf)
  }
}

/** What the user wrote and what tools were asked for. A summary is the model's own word, and proves nothing. */
function wordsOf(message: BaseMessage): string[] {
  if (HumanMessage.isInstance(message)) return [message.text]
  if (!AIMessage.isInstance(message)) return []
  return (message.tool_calls ?? []).map(({ args }) => JSON.stringify(args))
}

function originIn({ artifact }: ToolMessage): ResultOrigin | undefined {
  return artifact as ResultOrigin | undefined
}
