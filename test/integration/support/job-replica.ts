/**
 * One replica's scheduler in a process of its own: `node job-replica.ts <job name>`. The job ticks every second, with
 * REDIS_URL's coordinator, and prints a line of JSON at each step. Environment: LEASE_MS, HEARTBEAT_MS,
 * MIN_INTERVAL_MS, WORK_MS (how long a run works, in steps of 10 ms).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createRedisJobCoordinator } from '../../../src/jobs/redis-job-coordinator.ts'
import { createScheduler } from '../../../src/jobs/scheduler.ts'
import { createRedis } from '../../../src/platform/redis.ts'
import { Secret } from '../../../src/platform/secret.ts'

const STEP_MS = 10
const { REDIS_URL = '', DEPLOYMENT = '' } = process.env
const numberOf = (name: string) => Number(process.env[name])
const print = (line: object) =>
  void process.stdout.write(`${JSON.stringify({ ...line, clock: Date.now() })}\n`)

const redis = createRedis({
  url: new Secret(REDIS_URL),
  role: 'commands',
  onError: () => undefined
})
redis.start()
const coordinator = createRedisJobCoordinator({
  client: redis.client,
  deployment: DEPLOYMENT,
  leaseMs: numberOf('LEASE_MS'),
  heartbeatMs: numberOf('HEARTBEAT_MS')
})
const scheduler = createScheduler({
  jobs: [
    {
      name: 'sweep',
      description: 'Sweeps.',
      schedule: '* * * * * *',
      scope: 'deployment',
      minIntervalMs: numberOf('MIN_INTERVAL_MS'),
      timeoutMs: 60_000,
      async run({ signal, correlationId }) {
        print({ step: 'begun', run: correlationId })
        let steps = 0
        for (; steps * STEP_MS < numberOf('WORK_MS'); steps += 1) {
          if (signal.aborted) print({ step: 'aborted', run: correlationId, steps })
          signal.throwIfAborted()
          await sleep(STEP_MS)
        }
        return `swept ${steps}`
      }
    }
  ],
  coordinatorOf: () => coordinator,
  onRun: (_job, run) => print({ step: 'ended', ...run }),
  onSkipped: (_job, reason) => print({ step: 'skipped', reason }),
  onError: (_job, error) => print({ step: 'failed', error: String(error) })
})
redis.client.once('ready', () => {
  scheduler.start()
  print({ step: 'ready' })
})
process.once('SIGTERM', async () => {
  await scheduler.close()
  await redis.close()
  process.exit(0)
})
