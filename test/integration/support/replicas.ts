import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { createSampleNautobot } from '../../../src/lab/sample-nautobot.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { type RecordingProxy, startRecordingProxy } from '../../support/recording-proxy.ts'
import { type RunningRedis, startRedis } from '../../support/redis.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'
import { type LabSidecar, type SidecarEnv, startLabSidecar } from './sidecar-lab.ts'

/** Several replicas of the service on one Redis, one Nautobot and one model, as behind a load balancer. */
export interface Replicas {
  readonly redis: RunningRedis
  /** Before Nautobot: who asked it for what. */
  readonly nautobot: RecordingProxy
  readonly model: ScriptedModel
  /** Of a user; every replica knows it. */
  readonly headers: Readonly<Record<string, string>>
  /** Of another user. */
  readonly otherHeaders: Readonly<Record<string, string>>
  /** A command to Redis, past the service. */
  command(...command: readonly [string, ...string[]]): Promise<unknown>
  /** One more replica. */
  start(env?: SidecarEnv): Promise<LabSidecar>
  /** Ends everything, whatever state it is in. */
  stop(): Promise<void>
}

const newToken = () => new Secret(randomBytes(20).toString('hex'))

export async function startReplicas(
  options: { readonly redis?: string[]; readonly env?: SidecarEnv } = {}
): Promise<Replicas> {
  const [serviceToken, labToken, restrictedToken] = [newToken(), newToken(), newToken()]
  const nautobot = createSampleNautobot({ serviceToken, labToken, restrictedToken })
  const proxy = await startRecordingProxy((await nautobot.listen()).url)
  const redis = await startRedis(options.redis ? { settings: options.redis } : {})
  const model = await startScriptedModel({})
  const started: LabSidecar[] = []
  const client = new Redis(redis.url, { lazyConnect: true })
  client.on('error', () => undefined)
  return {
    redis,
    nautobot: proxy,
    model,
    headers: { authorization: `Token ${labToken.reveal()}` },
    otherHeaders: { authorization: `Token ${restrictedToken.reveal()}` },
    command: (name, ...args) => client.call(name, ...args),
    async start(env = {}) {
      const sidecar = await startLabSidecar(model.url, {
        NAUTOBOT_URL: proxy.url,
        NAUTOBOT_TOKEN: serviceToken.reveal(),
        REDIS_URL: redis.url,
        AI_OPS_RATE_LIMIT_PER_MINUTE: '100000',
        ...options.env,
        ...env
      })
      started.push(sidecar)
      return sidecar
    },
    async stop() {
      for (const sidecar of started) {
        // A frozen process hears of its end only when it is woken.
        for (const name of ['SIGKILL', 'SIGCONT'] as const) ignoreGone(() => sidecar.signal(name))
        await sidecar.exited
      }
      client.disconnect()
      await model.stop()
      await redis.stop()
      await proxy.stop()
      await nautobot.close()
    }
  }
}

function ignoreGone(signal: () => void): void {
  try {
    signal()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
