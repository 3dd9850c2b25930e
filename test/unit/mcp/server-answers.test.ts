import { expect, test } from 'vitest'
import { createServerAnswers, isAnswer, MAX_OPEN_ANSWERS } from '../../../src/mcp/server-answers.ts'
import { mcpServer } from '../../support/agent-fixture.ts'
import { leaseFrom } from '../../support/agent-tool-servers.ts'
import { type McpRequest, startFaultMcpServer } from '../../support/fault-mcp-server.ts'

const ANSWER = { jsonrpc: '2.0' as const, id: 1, result: {} }

const isPostedAnswer = ({ httpMethod, method }: McpRequest) =>
  httpMethod === 'POST' && method === ''

test('a server that asks a thousand times and takes no answer has no more than so many sockets', async () => {
  const fault = await startFaultMcpServer()
  fault.misbehave((request) => {
    if (request.method === 'tools/call') return { kind: 'ask-often', method: 'ping', times: 1_000 }
    return isPostedAnswer(request) ? { kind: 'hang' } : undefined
  })
  const limits = { timeoutMs: 1_000, totalTimeoutMs: 1_000 }
  const server = mcpServer({ name: 'inventory', address: fault.url, ...limits })
  const tools = await leaseFrom(() => [server])()
  const context = { signal: AbortSignal.timeout(9_000), correlationId: 'c-1' }
  const result = await tools.call('inventory_echo', {}, context)

  expect(result).toMatchObject({ isError: true, text: expect.stringContaining('did not answer') })
  const answers = fault.requests.filter(isPostedAnswer)
  expect(answers.length).toBeGreaterThan(0)
  expect(answers.length).toBeLessThanOrEqual(MAX_OPEN_ANSWERS)
  await fault.stop()
})

test('an answer that is not taken is given up, and makes room', async () => {
  const given: AbortSignal[] = []
  const send = (_answer: unknown, { requestSignal }: { requestSignal: AbortSignal }) => {
    given.push(requestSignal)
    return new Promise<void>((_, reject) =>
      requestSignal.addEventListener('abort', () => reject(new Error('late')), { once: true })
    )
  }
  const give = createServerAnswers({ send }, 50)
  const first = Array.from({ length: MAX_OPEN_ANSWERS }, () => give(ANSWER))
  await expect(give(ANSWER)).rejects.toThrow('asks more than it takes')
  const outcomes = await Promise.allSettled(first)
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
  await expect(give(ANSWER)).rejects.toThrow('late')
  expect(given).toHaveLength(MAX_OPEN_ANSWERS + 1)
})

test('what is asked and told is no answer', () => {
  expect(isAnswer(ANSWER)).toBe(true)
  expect(isAnswer({ jsonrpc: '2.0', id: 1, error: { code: 1, message: 'No.' } })).toBe(true)
  expect(isAnswer({ jsonrpc: '2.0', id: 1, method: 'ping' })).toBe(false)
  expect(isAnswer({ jsonrpc: '2.0', method: 'notifications/initialized' })).toBe(false)
})
