import { createHash } from 'node:crypto'
import type { Catalog, LlmModel } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import type { CallContext } from '../platform/call-context.ts'
import { createSingleFlight } from '../platform/single-flight.ts'
import { timedOut } from './model-errors.ts'
import type { ModelFactory } from './model-factory.ts'
import { probeModel } from './model-probe.ts'
import { findingOf } from './probe-finding.ts'
import type { ProbeOutcome, ProbeRecords } from './probe-records.ts'

/** A model that is loaded first may take its time; an administrator who waits for the answer has less of it. */
const MAX_TIMEOUT_MS = 60_000
const MAX_AT_A_TIME = 8
const RETRY_AFTER_SECONDS = 5

export interface ModelProbesOptions {
  readonly models: ModelFactory
  readonly records: ProbeRecords
  readonly currentCatalog: () => Promise<Catalog>
  /** Outcomes could not be kept or read: they are for information only. */
  readonly onRecordsFailed: (error: unknown) => void
  readonly now?: () => number
}

export interface ModelProbes {
  /**
   * Asks the model one small question, whether or not it is enabled, and says in one sentence what is wrong. Concurrent
   * callers share a question.
   *
   * @throws AppError OBJECT_NOT_FOUND; RATE_LIMITED when others are being probed; what the catalog throws; the signal's
   * reason when that aborts.
   */
  probe(modelId: string, context: CallContext): Promise<ProbeOutcome>
  /** The last outcome of each of these models, by id, as long as the model is what it was. Never rejects. */
  last(models: readonly LlmModel[]): Promise<ReadonlyMap<string, ProbeOutcome>>
  /** The same by the models' ids. */
  lastOf(modelIds: readonly string[]): Promise<ReadonlyMap<string, ProbeOutcome>>
}

export function createModelProbes(options: ModelProbesOptions): ModelProbes {
  const { records, currentCatalog, onRecordsFailed } = options
  const flights = createSingleFlight<ProbeOutcome>()
  let running = 0

  async function run(model: LlmModel, context: CallContext): Promise<ProbeOutcome> {
    if (running >= MAX_AT_A_TIME) throw tooMany()
    running += 1
    try {
      const outcome = await ask(options, model, context)
      const record = { fingerprint: fingerprintOf(model), outcome }
      await records.keep(model.id, record).catch(onRecordsFailed)
      return outcome
    } finally {
      running -= 1
    }
  }

  async function last(models: readonly LlmModel[]): Promise<ReadonlyMap<string, ProbeOutcome>> {
    const kept = await records.read(models.map(({ id }) => id))
    return new Map(
      models.flatMap((model) => {
        const record = kept.get(model.id)
        const isCurrent = record?.fingerprint === fingerprintOf(model)
        return record && isCurrent ? [[model.id, record.outcome] as const] : []
      })
    )
  }

  const orNone = (error: unknown): ReadonlyMap<string, ProbeOutcome> => {
    onRecordsFailed(error)
    return new Map()
  }

  return {
    async probe(modelId, { signal, correlationId }) {
      const { llmModels } = await currentCatalog()
      const model = llmModels.find(({ id }) => id === modelId)
      if (!model) throw new AppError('OBJECT_NOT_FOUND', 'There is no such LLM model.')
      const key = `${model.id} ${fingerprintOf(model)}`
      return flights.run(key, signal, (shared) => run(model, { signal: shared, correlationId }))
    },
    last: (models) => last(models).catch(orNone),
    lastOf: async (modelIds) => {
      const wanted = new Set(modelIds)
      const lookUp = async () =>
        last((await currentCatalog()).llmModels.filter(({ id }) => wanted.has(id)))
      return lookUp().catch(orNone)
    }
  }
}

async function ask(
  { models, now = Date.now }: ModelProbesOptions,
  given: LlmModel,
  context: CallContext
): Promise<ProbeOutcome> {
  const model = { ...given, timeoutMs: Math.min(given.timeoutMs, MAX_TIMEOUT_MS) }
  const startedAt = performance.now()
  const at = now()
  // One for all of it: the model's own begins anew with each piece that it sends.
  const deadline = AbortSignal.timeout(model.timeoutMs)
  const signal = AbortSignal.any([context.signal, deadline])
  try {
    const { calledTool, latencyMs } = await probeModel(
      await models.modelFor(model, { ...context, signal }),
      signal
    )
    const sentence = calledTool ? WORKS : TALKS
    return { ok: true, reason: 'ok', sentence, latencyMs, at, notices: models.noticesFor(given) }
  } catch (error) {
    context.signal.throwIfAborted()
    const latencyMs = Math.round(performance.now() - startedAt)
    const notices = models.noticesFor(given)
    const cause = deadline.aborted ? timedOut(model) : error
    return { ok: false, ...findingOf(cause, model), latencyMs, at, notices }
  }
}

const WORKS = 'It streams its answers and calls tools.'
const TALKS =
  'It streams its answers, but did not call the tool that it was asked to call: it may be too small for that.'

function tooMany(): AppError {
  return new AppError('RATE_LIMITED', `${MAX_AT_A_TIME} LLM models are being probed just now.`, {
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS }
  })
}

/** Of all that decides whether a model answers; its secret and its status are not part of it. */
function fingerprintOf(model: LlmModel): string {
  const { provider, modelName, address, apiVersion, verifyTls, parameters } = model
  const { entraTenantId, entraClientId, hasCredential } = model
  const parts = [provider, modelName, address, apiVersion, verifyTls, parameters]
  return createHash('sha256')
    .update(JSON.stringify([...parts, entraTenantId, entraClientId, hasCredential]))
    .digest('base64url')
    .slice(0, 16)
}
