import type { Login, UserName } from '../../nautobot-plugin-shim/development/logins.ts'
import { createSecretsGroup, type NautobotObjects, nautobotObjects } from './nautobot-objects.ts'
import { type ProxyState, type RecordingProxy, startRecordingProxy } from './recording-proxy.ts'
import { type ScriptedModel, startScriptedModel } from './scripted-model.ts'
import { type RunningSidecar, startSidecar } from './sidecar.ts'

/** Variable of Nautobot's process that holds the model's key. */
export const KEY_VARIABLE = 'AI_OPS_CANARY'

/** A running Nautobot with the app, as both test projects know it. */
export interface TestedNautobot {
  readonly url: string
  readonly users: Readonly<Record<UserName, Login>>
  readonly eventRedisUrl: string
  /** Where Nautobot's chat page expects the sidecar. */
  readonly sidecarPort: number
}

/** Nautobot, the sidecar as it is deployed, and a model that Nautobot describes. */
export interface RealService {
  readonly sidecar: RunningSidecar
  /** Between sidecar and Nautobot. */
  readonly proxy: RecordingProxy
  readonly model: ScriptedModel
  /** Of the model's object in Nautobot. */
  readonly modelId: string
  /** Of the secrets group with the model's key. */
  readonly secretsGroupId: string
  readonly objects: NautobotObjects
  /** In reverse order; also removes the objects from Nautobot. */
  stop(): Promise<void>
}

export interface RealServiceOptions {
  /** Further variables of the sidecar. */
  readonly env?: Readonly<Record<string, string>>
  /** What the sidecar finds when it starts. Default: `up`, and it is waited for. */
  readonly nautobotIs?: ProxyState
}

export async function startRealService(
  nautobot: TestedNautobot,
  { env = {}, nautobotIs = 'up' }: RealServiceOptions = {}
): Promise<RealService> {
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step()
  }
  try {
    const objects = nautobotObjects(nautobot)
    undo.push(objects.removeAll)
    const model = await startScriptedModel({})
    undo.push(model.stop)
    const secretsGroupId = await createSecretsGroup(objects, 'Model key', KEY_VARIABLE)
    const modelId = await createModel(objects, model, secretsGroupId)
    const proxy = await startRecordingProxy(nautobot.url, nautobotIs)
    undo.push(proxy.stop)
    const sidecar = await startSidecar({
      nautobotUrl: proxy.url,
      nautobotPublicUrl: nautobot.url,
      token: nautobot.users.service.token,
      redisUrl: nautobot.eventRedisUrl,
      port: nautobot.sidecarPort,
      untilReady: nautobotIs === 'up',
      env
    })
    undo.push(sidecar.stop)
    return { sidecar, proxy, model, modelId, secretsGroupId, objects, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function createModel(
  objects: NautobotObjects,
  { url }: ScriptedModel,
  secretsGroup: string
): Promise<string> {
  return objects.create('/plugins/ai-ops/llm-models/', {
    name: 'Scripted',
    status: 'Healthy',
    provider: 'openai',
    model_name: 'scripted',
    remote_url: url,
    secrets_group: secretsGroup,
    is_default: true
  })
}
