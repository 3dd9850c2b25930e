import { expect, test } from 'vitest'
import { createMcpCircuit } from '../../../src/mcp/mcp-circuit.ts'
import { McpFailure } from '../../../src/mcp/mcp-failure.ts'

const DOWN = new McpFailure('failed', 'the connection was refused.')

function circuit(maxTrackedServers: number) {
  const limits = { maxFailures: 1, pauseMs: 30_000, maxTrackedServers }
  return createMcpCircuit({ ...limits, now: () => 0 })
}

test('remembers as many resting servers as allowed, and forgets the one that failed longest ago', () => {
  const { check, failed } = circuit(2)
  failed('a', DOWN)
  failed('b', DOWN)
  expect(() => check('a')).toThrow('the connection was refused.')
  expect(() => check('b')).toThrow('the connection was refused.')
  failed('a', DOWN)
  failed('c', DOWN)
  expect(() => check('a')).toThrow('the connection was refused.')
  expect(() => check('c')).toThrow('the connection was refused.')
  expect(check('b')).toBe(false)
})

test('lets one try after the pause, and the next one when nothing was learned', () => {
  let nowMs = 0
  const { check, failed, giveBack, succeeded } = createMcpCircuit({
    maxFailures: 1,
    pauseMs: 30_000,
    now: () => nowMs
  })
  failed('a', DOWN)
  nowMs = 29_999
  expect(() => check('a')).toThrow('the connection was refused.')
  nowMs = 30_000
  expect(check('a')).toBe(true)
  expect(() => check('a')).toThrow('the connection was refused.')
  giveBack('a')
  expect(check('a')).toBe(true)
  succeeded('a')
  expect(check('a')).toBe(false)
})
