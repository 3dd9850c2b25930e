import { expect, test } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { incomplete, timedOut, toModelError } from '../../../src/llm/model-errors.ts'
import { passingOf, retryAfterMs } from '../../../src/llm/retry-after.ts'
import { llmModel } from '../../support/agent-fixture.ts'

const NOW_MS = Date.parse('2026-11-26T12:00:00Z')

interface Answered {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly error?: unknown
  readonly code?: string
}

/** What the openai package throws. */
function refusal({ headers = {}, ...rest }: Answered): Error {
  return Object.assign(new Error('no'), { headers: new Headers(headers), ...rest })
}

const failureOf = (error: unknown) => toModelError(error, llmModel())

test.each([408, 409, 429, 500, 502, 503, 504, 529])('%i passes', (status) => {
  expect(passingOf(failureOf(refusal({ status })))).toEqual({ afterMs: undefined })
})

test.each<[string, Answered]>([
  ['a bad request', { status: 400 }],
  ['a wrong key', { status: 401 }],
  ['a key without rights', { status: 403 }],
  ['an unknown model', { status: 404 }],
  ['what is not built', { status: 501 }],
  ['a used-up quota', { status: 429, code: 'insufficient_quota' }],
  [
    'what the provider wants nobody to repeat',
    { status: 503, headers: { 'x-should-retry': 'false' } }
  ],
  ['a content filter', { status: 400, code: 'content_filter' }]
])('%s does not pass', (_name, answered) => {
  expect(passingOf(failureOf(refusal(answered)))).toBeUndefined()
})

test.each(['ECONNREFUSED', 'ECONNRESET', 'EAI_AGAIN', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT'])(
  'a connection that fails with %s passes',
  (code) => {
    const cause = Object.assign(new Error('no'), { code })
    expect(passingOf(failureOf(new TypeError('fetch failed', { cause })))).toBeDefined()
  }
)

test.each(['ENOTFOUND', 'CERT_HAS_EXPIRED', 'ERR_FORBIDDEN_ADDRESS', 'ERR_TLS_UNVERIFIED'])(
  'a connection that fails with %s does not pass',
  (code) => {
    const cause = Object.assign(new Error('no'), { code })
    expect(passingOf(failureOf(new TypeError('fetch failed', { cause })))).toBeUndefined()
  }
)

test('an answer that broke off passes, one that took all its time does not', () => {
  expect(passingOf(incomplete(llmModel()))).toBeDefined()
  expect(passingOf(timedOut(llmModel()))).toBeUndefined()
})

test('an error event before the first word passes, one of the content filter does not', () => {
  expect(passingOf(failureOf(refusal({ error: { message: 'overloaded' } })))).toBeDefined()
  const filter = failureOf(refusal({ error: { code: 'content_filter' } }))
  expect(filter.code).toBe('MODEL_CONTENT_FILTERED')
  expect(passingOf(filter)).toBeUndefined()
})

test('what is no failure of a model does not pass', () => {
  expect(passingOf(new AppError('REDIS_UNAVAILABLE', 'No.'))).toBeUndefined()
})

test.each<[string, Record<string, string>, number | undefined]>([
  ['seconds', { 'retry-after': '7' }, 7_000],
  ['parts of a second', { 'retry-after': '0.25' }, 250],
  ['a date', { 'retry-after': 'Thu, 26 Nov 2026 12:00:30 GMT' }, 30_000],
  ['a date that is over', { 'retry-after': 'Thu, 26 Nov 2026 11:00:00 GMT' }, 0],
  ['milliseconds, which are more precise', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1_500],
  ['at most an hour', { 'retry-after': '86400' }, 3_600_000],
  ['nothing below nothing', { 'retry-after': '-5' }, 0],
  ['no words', { 'retry-after': 'soon' }, undefined],
  ['no emptiness', { 'retry-after': '' }, undefined],
  ['no absence', {}, undefined]
])('reads %s', (_name, headers, ms) => {
  expect(retryAfterMs(new Headers(headers), NOW_MS)).toBe(ms)
})

test("names what hit Azure's filter, in words of ours alone", () => {
  const error = {
    code: 'content_filter',
    message: 'The response was filtered',
    innererror: {
      code: 'ResponsibleAIPolicyViolation',
      content_filter_result: {
        hate: { filtered: false, severity: 'safe' },
        jailbreak: { detected: true, filtered: true },
        violence: { filtered: true, severity: 'medium' },
        '<b>other</b>': { filtered: true }
      }
    }
  }
  expect(failureOf(refusal({ status: 400, code: 'content_filter', error }))).toMatchObject({
    code: 'MODEL_CONTENT_FILTERED',
    message:
      'The content filter of the provider of the LLM model "scripted" refuses the request (jailbreak, violence).'
  })
})
