/**
 * How conversations lie in Redis. Raised when an older version of this service could not read what a newer
 * one writes; it is kept in each conversation, because a version in the names would make newer data invisible
 * instead of refused.
 */
export const SCHEMA_VERSION = 1

const MAX_IDENTIFIER_CHARACTERS = 256
const CONTROL_CHARACTER = /\p{Cc}/u

/** Longer than any run: whatever one still writes to a deleted conversation is refused. */
export const TOMBSTONE_SECONDS = 86_400

/** The keys of one conversation, in the order in which every script takes them. Their number never grows. */
export type ConversationKeys = readonly [
  conversation: string,
  checkpoints: string,
  contents: string,
  writes: string,
  index: string,
  leases: string,
  runs: string,
  results: string
]

/** Every conversation of a deployment, by the time (ms) at which it expires. */
export function indexKey(deployment: string): string {
  return `ai-ops:${deployment}:conversations`
}

/** Conversations that are being answered, by the time (ms) at which the claim of their run lapses. */
export function leasesKey(deployment: string): string {
  return `ai-ops:${deployment}:leases`
}

/** What is kept of a run: what was asked, and how far it is. */
export function runKey(deployment: string, runId: string): string {
  return `ai-ops:${deployment}:run:${runId}`
}

/** The events of a run, a stream. */
export function runLogKey(deployment: string, runId: string): string {
  return `ai-ops:${deployment}:log:${runId}`
}

/** What a tool server asks the owner of a run, until it is answered, and for a while how it ended. */
export function elicitationKey(deployment: string, elicitationId: string): string {
  return `ai-ops:${deployment}:elicitation:${elicitationId}`
}

/** A user's conversations, by the time (ms) of their newest question. */
export function userKey(deployment: string, userId: string): string {
  return `ai-ops:${deployment}:user:${userId}`
}

/** How far the cleanup of a deployment has come, and what it measured. */
export function cleanupKey(deployment: string): string {
  return `ai-ops:${deployment}:cleanup`
}

export function conversationKeys(deployment: string, conversationId: string): ConversationKeys {
  const key = (kind: string) => `ai-ops:${deployment}:${kind}:${conversationId}`
  return [
    key('conversation'),
    key('checkpoints'),
    key('contents'),
    key('writes'),
    indexKey(deployment),
    leasesKey(deployment),
    key('runs'),
    key('results')
  ]
}

/** What may be part of a key or a field: short, and free of the line breaks that separate parts. */
export function isIdentifier(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= MAX_IDENTIFIER_CHARACTERS &&
    !CONTROL_CHARACTER.test(value)
  )
}
