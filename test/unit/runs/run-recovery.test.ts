import { EventEmitter } from 'node:events'
import { expect, it, onTestFinished, vi } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { createRunRecovery, type RunRecoveryOptions } from '../../../src/runs/run-recovery.ts'
import { createSharedRuns, type TakenOverRun } from '../../../src/runs/shared-runs.ts'
import { createFakePen } from '../../support/fake-pen.ts'
import { recordOf } from '../../support/run-events.ts'

const CLAIM = { id: 'c-1', runId: 'run-1', fence: '2' }
const unavailable = () => new AppError('REDIS_UNAVAILABLE', 'Gone.')

function takenOver(): TakenOverRun {
  const record = recordOf({ conversationId: 'c-1' })
  const pen = createFakePen({ attempt: 2 })
  const wait = { isCancelled: false, isLapsed: false, waits: 0 }
  return { record, pen, fence: '2', grant: new Secret('g'), earlier: [], ...wait }
}

/** What replicas share, with one run that nobody answers, and a recovery that looks often. */
function recoveryOf(change: Partial<RunRecoveryOptions> = {}) {
  const heard = new EventEmitter()
  const run = takenOver()
  const shared = {
    hasPeers: true,
    lapsed: vi.fn(async () => ['c-1'] as readonly string[]),
    takeOver: vi.fn(async (): Promise<TakenOverRun | undefined> => run),
    handOver: vi.fn(async () => undefined),
    requestCancel: vi.fn(async () => true),
    cancelled: vi.fn(async (ids: readonly string[]) => ids.slice(1)),
    onCancel: (listener: (runId: string) => void) => {
      heard.on('cancel', listener)
      return () => void heard.off('cancel', listener)
    },
    isClosed: () => false
  }
  const hooks = { adopt: vi.fn(), stop: vi.fn(), onError: vi.fn() }
  const recovery = createRunRecovery({
    shared,
    hasRoom: () => true,
    owned: () => [],
    lookForLapsedMs: 5,
    lookForCancelledMs: 5,
    ...hooks,
    ...change
  })
  onTestFinished(() => recovery.close())
  return { shared, recovery, run, heard, ...hooks }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it('takes over what nobody answers any more', async () => {
  const { adopt, run, shared } = recoveryOf()
  await vi.waitFor(() => expect(adopt).toHaveBeenCalledWith(run), { timeout: 5_000 })

  expect(shared.takeOver).toHaveBeenCalledWith('c-1')
})

it('looks for nothing for which it has no room, and takes what is to be stopped all the same', async () => {
  const { shared, recovery, adopt } = recoveryOf({ hasRoom: () => false })
  await wait(30)
  expect(shared.lapsed).not.toHaveBeenCalled()
  await recovery.take('c-1')

  expect(adopt).toHaveBeenCalledOnce()
})

it('adopts nothing where somebody else was faster', async () => {
  const { shared, recovery, adopt } = recoveryOf({ lookForLapsedMs: 60_000 })
  shared.takeOver.mockResolvedValue(undefined)
  await recovery.take('c-1')

  expect(adopt).not.toHaveBeenCalled()
})

it('takes nothing more once it drains, and hands back what it was taking just then', async () => {
  const { shared, recovery, adopt, run } = recoveryOf({ lookForLapsedMs: 60_000 })
  const taking = Promise.withResolvers<TakenOverRun>()
  shared.takeOver.mockReturnValue(taking.promise)
  const taken = recovery.take('c-1')
  const drained = recovery.drain()
  taking.resolve(run)
  await drained
  await taken
  await recovery.take('c-1')

  expect(adopt).not.toHaveBeenCalled()
  expect(run.pen.leave).toHaveBeenCalledOnce()
  expect(shared.handOver).toHaveBeenCalledExactlyOnceWith(CLAIM)
  expect(shared.takeOver).toHaveBeenCalledOnce()
})

it('stops runs of its own that were asked to stop elsewhere, heard of or not', async () => {
  const { heard, stop, shared } = recoveryOf({ owned: () => ['run-1', 'run-2'] })
  heard.emit('cancel', 'run-1')
  expect(stop).toHaveBeenCalledExactlyOnceWith('run-1')
  await vi.waitFor(() => expect(stop).toHaveBeenCalledWith('run-2'), { timeout: 5_000 })

  expect(shared.cancelled).toHaveBeenCalledWith(['run-1', 'run-2'])
})

it('asks nobody about cancellations while it owns no run', async () => {
  const { shared } = recoveryOf()
  await wait(30)
  expect(shared.cancelled).not.toHaveBeenCalled()
})

it('says so when Redis cannot be asked, and looks again', async () => {
  const { shared, onError, adopt } = recoveryOf()
  const error = unavailable()
  shared.lapsed.mockReset()
  shared.lapsed.mockRejectedValueOnce(error).mockResolvedValue(['c-1'])
  await vi.waitFor(() => expect(adopt).toHaveBeenCalled(), { timeout: 5_000 })

  expect(onError).toHaveBeenCalledWith(error)
})

it('looks one look at a time, and at nothing once it is closed', async () => {
  const { shared, recovery, heard, stop } = recoveryOf()
  const slow = Promise.withResolvers<readonly string[]>()
  shared.lapsed.mockReset()
  shared.lapsed.mockReturnValue(slow.promise)
  await wait(40)
  expect(shared.lapsed).toHaveBeenCalledOnce()
  recovery.close()
  slow.resolve([])
  await wait(30)
  heard.emit('cancel', 'run-1')

  expect(shared.lapsed).toHaveBeenCalledOnce()
  expect(stop).not.toHaveBeenCalled()
})

function sharedOf() {
  const registry = {
    lapsed: vi.fn(async () => [] as readonly string[]),
    takeOver: vi.fn(async () => ({ ...CLAIM, userId: 'jane' })),
    handOver: vi.fn(async () => undefined),
    release: vi.fn(async () => undefined)
  }
  const { fence: _fence, ...reopened } = takenOver()
  const store = {
    reopen: vi.fn(async (): Promise<typeof reopened | undefined> => reopened),
    requestCancel: vi.fn(async () => true),
    cancelled: vi.fn(async () => [] as readonly string[])
  }
  const channels = { listen: () => () => undefined, close: () => undefined }
  const shared = createSharedRuns({
    ...{ registry, store, channels, deployment: 'd' },
    isClosed: () => false
  })
  return { shared, registry, store, reopened }
}

it('takes a conversation together with its run', async () => {
  const { shared, store, reopened } = sharedOf()

  expect(await shared.takeOver('c-1')).toEqual({ ...reopened, fence: '2' })
  expect(store.reopen).toHaveBeenCalledWith({ conversationId: 'c-1', runId: 'run-1', fence: '2' })
})

it('frees a conversation whose run has ended or was never kept', async () => {
  const { shared, store, registry } = sharedOf()
  store.reopen.mockResolvedValue(undefined)

  expect(await shared.takeOver('c-1')).toBeUndefined()
  expect(registry.release).toHaveBeenCalledExactlyOnceWith('c-1', 'run-1')
})

it('gives a conversation back at once whose run cannot be read: no heart beats for it here', async () => {
  const { shared, store, registry } = sharedOf()
  store.reopen.mockRejectedValue(unavailable())

  await expect(shared.takeOver('c-1')).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
  expect(registry.handOver).toHaveBeenCalledExactlyOnceWith(CLAIM)
  expect(registry.release).not.toHaveBeenCalled()
})

it('has nothing to take of a conversation that was deleted', async () => {
  const { shared, registry } = sharedOf()
  registry.takeOver.mockRejectedValue(new AppError('CONVERSATION_NOT_FOUND', 'Deleted.'))
  expect(await shared.takeOver('c-1')).toBeUndefined()
  registry.takeOver.mockRejectedValue(unavailable())

  await expect(shared.takeOver('c-1')).rejects.toMatchObject({ code: 'REDIS_UNAVAILABLE' })
})
