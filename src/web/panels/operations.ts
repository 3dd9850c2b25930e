import { type ApiOptions, createSender, readJson } from '../api.ts'

/** A server or model is asked while one waits; the service's own limit for that is a minute. */
export const ASKING_TIMEOUT_MS = 70_000

export interface Health {
  readonly ok: boolean
  readonly problem?: string
  readonly latencyMs: number
  readonly tools?: number
  readonly at: string
  readonly lastSeenAt?: string
}

export interface ServerView {
  readonly status: string
  readonly health?: Health
  readonly changedTools?: readonly string[]
}

export interface Tool {
  readonly name: string
  readonly rawName: string
  readonly description: string
  /** Absent from an older service: the app is upgraded first. */
  readonly offered?: boolean
  readonly readOnly: boolean
  readonly changed: boolean
}

export interface ToolList {
  readonly tools: readonly Tool[]
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[]
}

export interface RefreshedTools extends ToolList {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export interface Probe {
  readonly ok: boolean
  readonly sentence: string
  readonly latencyMs: number
  readonly at: string
  readonly notices: readonly string[]
}

export interface ModelView {
  readonly probe?: Probe
}

/** The service as administrators' panels use it. Every method throws ChatError, and the signal's reason once aborted. */
export interface Operations {
  server(id: string, signal: AbortSignal): Promise<ServerView>
  tools(id: string, signal: AbortSignal): Promise<ToolList>
  check(id: string, signal: AbortSignal): Promise<Health>
  refresh(id: string, signal: AbortSignal): Promise<RefreshedTools>
  model(id: string, signal: AbortSignal): Promise<ModelView>
  probe(id: string, signal: AbortSignal): Promise<Probe>
}

export function createOperations(options: ApiOptions): Operations {
  const send = createSender(options)
  const get =
    <T>(path: (id: string) => string, timeoutMs?: number) =>
    (id: string, signal: AbortSignal) =>
      readJson<T>(
        send,
        { method: 'GET', path: path(encodeURIComponent(id)), ...(timeoutMs && { timeoutMs }) },
        signal
      )
  const post =
    <T>(path: (id: string) => string) =>
    (id: string, signal: AbortSignal) =>
      readJson<T>(
        send,
        { method: 'POST', path: path(encodeURIComponent(id)), timeoutMs: ASKING_TIMEOUT_MS },
        signal
      )
  return {
    server: get((id) => `/mcp-servers/${id}`),
    tools: get((id) => `/mcp-servers/${id}/tools`, ASKING_TIMEOUT_MS),
    check: post((id) => `/mcp-servers/${id}/check`),
    refresh: post((id) => `/mcp-servers/${id}/refresh`),
    model: get((id) => `/llm-models/${id}`),
    probe: post((id) => `/llm-models/${id}/probe`)
  }
}
