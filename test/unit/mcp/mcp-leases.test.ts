import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { McpConnection } from '../../../src/mcp/mcp-connection.ts'
import { createLeases } from '../../../src/mcp/mcp-leases.ts'

function connections() {
  const log: string[] = []
  const connect = (name: string) => async (): Promise<McpConnection> => {
    log.push(`open ${name}`)
    return {
      listTools: async () => ({ tools: [], nextCursor: undefined }),
      callTool: async () => ({ content: [] }),
      close: async () => void log.push(`close ${name}`)
    }
  }
  return { log, connect }
}

const COMMON = { maxConnectionsPerOwner: 16, now: Date.now }

test('shares a connection, and closes it when it has been idle', async () => {
  const { log, connect } = connections()
  const leases = createLeases({ ...COMMON, maxConnections: 2, idleMs: 30 })
  const [one, two] = [leases.take('a', connect('a')), leases.take('a', connect('a'))]
  one.release()
  one.release()
  await sleep(60)
  expect(log).toEqual(['open a'])
  two.release()
  leases.take('a', connect('a')).release()
  expect(log).toEqual(['open a'])
  await expect.poll(() => log).toEqual(['open a', 'close a'])
  expect(leases.size()).toBe(0)
})

test('makes room by closing the one that was idle longest', async () => {
  const { log, connect } = connections()
  const leases = createLeases({ ...COMMON, maxConnections: 2, idleMs: 60_000 })
  leases.take('a', connect('a')).release()
  leases.take('b', connect('b')).release()
  leases.take('a', connect('a')).release()
  leases.take('c', connect('c'))
  await expect.poll(() => log).toContain('close b')
  expect(log).not.toContain('close a')
  await leases.close()
})

test('says busy when all are leased', async () => {
  const { connect } = connections()
  const leases = createLeases({ ...COMMON, maxConnections: 1, idleMs: 60_000 })
  const lease = leases.take('a', connect('a'))
  expect(() => leases.take('b', connect('b'))).toThrow('all 1 connections are in use.')
  lease.release()
  leases.take('b', connect('b'))
  await leases.close()
})

test('a discarded connection serves its other leases, and closes with the last', async () => {
  const { log, connect } = connections()
  const leases = createLeases({ ...COMMON, maxConnections: 5, idleMs: 60_000 })
  const [one, two] = [leases.take('a', connect('a1')), leases.take('a', connect('a1'))]
  one.discard()
  one.release()
  const three = leases.take('a', connect('a2'))
  await sleep(10)
  expect(log).toEqual(['open a1', 'open a2'])
  two.release()
  await expect.poll(() => log).toContain('close a1')
  expect(log).not.toContain('close a2')
  three.release()
  await leases.close()
  expect(log).toContain('close a2')
})

test('a discarded connection that is leased counts, and closes with all', async () => {
  const { log, connect } = connections()
  const leases = createLeases({ ...COMMON, maxConnections: 2, idleMs: 60_000 })
  const one = leases.take('a', connect('a1'))
  one.discard()
  leases.take('a', connect('a2'))
  expect(leases.size()).toBe(2)
  expect(() => leases.take('b', connect('b'))).toThrow('all 2 connections are in use.')
  expect(log).toEqual(['open a1', 'open a2'])
  await leases.close()
  expect(log.toSorted()).toEqual(['close a1', 'close a2', 'open a1', 'open a2'])
  one.release()
  expect(leases.size()).toBe(0)
})

test('a connection that cannot be opened is tried again by the next', async () => {
  const { connect } = connections()
  const leases = createLeases({ ...COMMON, maxConnections: 1, idleMs: 60_000 })
  const failing = leases.take('a', () => Promise.reject(new Error('down')))
  await expect(failing.connection).rejects.toThrow('down')
  failing.release()
  await expect(leases.take('a', connect('a')).connection).resolves.toBeDefined()
  await leases.close()
  expect(() => leases.take('a', connect('a'))).toThrow('shutting down')
})
