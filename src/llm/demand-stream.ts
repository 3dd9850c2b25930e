import type { LlmModel } from '../catalog/catalog.ts'
import { AppError } from '../errors.ts'
import { isRecord } from '../platform/json.ts'
import { readText } from '../platform/read-text.ts'
import { notChatCompletions } from './model-errors.ts'

const MAX_ANSWER_BYTES = 1024 * 1024
const NO_STREAM = /^(application\/json|text\/html)/

/**
 * Asked for a stream, some gateways answer the whole, and a wrong address answers a page. Throws MODEL_FAILED for both,
 * which the package that reads the stream would take for an empty one.
 */
export function demandStream(model: LlmModel, send: typeof fetch): typeof fetch {
  return async (url, init) => {
    const response = await send(url, init)
    const type = response.headers.get('content-type') ?? ''
    if (!response.ok || !NO_STREAM.test(type) || !isStreamed(init?.body)) return response
    const text = await readText(response, MAX_ANSWER_BYTES).catch(() => '')
    throw isCompletion(text) ? noStreaming(model) : notChatCompletions(model)
  }
}

function noStreaming(model: LlmModel): AppError {
  const message = `The LLM model "${model.name}" answers as a whole instead of streaming.`
  return new AppError('MODEL_FAILED', message, {
    details: { model: model.name, reason: 'no-streaming' }
  })
}

function isStreamed(body: unknown): boolean {
  return typeof body === 'string' && body.includes('"stream":true')
}

function isCompletion(text: string): boolean {
  try {
    const body: unknown = JSON.parse(text)
    return isRecord(body) && Array.isArray(body.choices)
  } catch {
    return false
  }
}
