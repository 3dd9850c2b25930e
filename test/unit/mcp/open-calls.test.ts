import { expect, test } from 'vitest'
import { McpFailure } from '../../../src/mcp/mcp-failure.ts'
import { type AskCaller, createOpenCalls } from '../../../src/mcp/open-calls.ts'

const person = (): AskCaller => async () => ({ action: 'cancel' })

test('what comes on the stream of a call is for its user, whoever else calls', async () => {
  const calls = createOpenCalls()
  const [alice, bob] = [person(), person()]
  const over = Promise.withResolvers<void>()
  const running = calls.run(alice, () => over.promise)
  await calls.run(bob, async () => {
    await Promise.resolve()
    expect(calls.asked()).toBe(bob)
  })
  over.resolve()
  await running
})

test('what comes on a stream of all calls is for the only one under way', async () => {
  const calls = createOpenCalls()
  const [alice, bob] = [person(), person()]
  const over = Promise.withResolvers<void>()
  expect(calls.asked()).toBeUndefined()
  const first = calls.run(alice, () => over.promise)
  expect(calls.asked()).toBe(alice)
  const second = calls.run(bob, () => over.promise)
  expect(calls.asked()).toBeUndefined()
  over.resolve()
  await Promise.all([first, second])
  expect(calls.asked()).toBeUndefined()
})

test('nobody is asked about a call that was given up before, on a stream of all calls', async () => {
  const calls = createOpenCalls()
  const [alice, bob] = [person(), person()]
  await calls
    .run(alice, () => Promise.reject(new McpFailure('refused', 'No.')))
    .catch(() => undefined)
  const over = Promise.withResolvers<void>()
  const running = calls.run(bob, () => over.promise)
  expect(calls.asked()).toBe(bob)
  await calls.run(alice, () => Promise.reject(new Error('stopped'))).catch(() => undefined)
  expect(calls.asked()).toBeUndefined()
  over.resolve()
  await running
})

test('the stream of a call that is over asks nobody', async () => {
  const calls = createOpenCalls()
  const later = Promise.withResolvers<void>()
  let asked: Promise<AskCaller | undefined> | undefined
  await calls.run(person(), async () => {
    asked = later.promise.then(() => calls.asked())
  })
  const over = Promise.withResolvers<void>()
  const running = calls.run(person(), () => over.promise)
  later.resolve()
  expect(await asked).toBeUndefined()
  over.resolve()
  await running
})
