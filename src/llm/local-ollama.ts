import { z } from 'zod'
import type { EnvironmentModel } from '../config.ts'
import { readText } from '../platform/read-text.ts'

const DEFAULT_TIMEOUT_MS = 300
const MAX_ANSWER_BYTES = 1024 * 1024

/** Families of models that make vectors and answer nothing; older versions of Ollama say no more than this. */
const EMBEDDING_FAMILY = /bert/

const installedModel = z.object({
  name: z.string().min(1),
  modified_at: z.string().default(''),
  /** Not said by every version: `completion`, `tools`, `embedding`, … */
  capabilities: z.array(z.string()).optional(),
  /** Set for a model that runs in Ollama's cloud. */
  remote_host: z.string().optional(),
  details: z.object({ family: z.string().default('') }).optional()
})
const answer = z.object({ models: z.array(installedModel) })

type InstalledModel = z.output<typeof installedModel>

export interface LocalOllamaOptions {
  readonly fetch: typeof fetch
  /** Without a slash at the end. */
  readonly address: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/**
 * The model of a local Ollama that is to answer: one that can call tools if Ollama says which can, the newest of
 * them. Models in Ollama's cloud do not count: whoever set nothing wants nothing to leave the machine. Undefined,
 * and never an error, when none answers in time.
 */
export async function findLocalOllama(
  options: LocalOllamaOptions
): Promise<EnvironmentModel | undefined> {
  const installed = await listModels(options).catch(() => [])
  const able = installed.filter(
    ({ capabilities, details, remote_host: cloud }) =>
      !cloud &&
      (capabilities?.includes('completion') ?? !EMBEDDING_FAMILY.test(details?.family ?? ''))
  )
  const [chosen] = able.toSorted(
    (left, right) => callsTools(right) - callsTools(left) || modifiedAt(right) - modifiedAt(left)
  )
  if (!chosen) return undefined
  return {
    address: `${options.address}/v1`,
    apiKey: undefined,
    model: chosen.name,
    apiVersion: ''
  }
}

async function listModels({
  fetch,
  address,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  signal
}: LocalOllamaOptions): Promise<InstalledModel[]> {
  const deadline = AbortSignal.timeout(timeoutMs)
  const response = await fetch(`${address}/api/tags`, {
    redirect: 'error',
    signal: signal ? AbortSignal.any([signal, deadline]) : deadline
  })
  return answer.parse(JSON.parse(await readText(response, MAX_ANSWER_BYTES))).models
}

function callsTools({ capabilities }: InstalledModel): number {
  return capabilities?.includes('tools') ? 1 : 0
}

function modifiedAt({ modified_at: text }: InstalledModel): number {
  return Date.parse(text) || 0
}
