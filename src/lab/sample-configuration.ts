import { randomUUID } from 'node:crypto'
import type { SampleModel } from './sample-model.ts'
import { modelOf } from './sample-models.ts'
import { refuse, SampleRefusal } from './sample-refusal.ts'
import type { SampleObject, SampleStore } from './sample-store.ts'
import { checkWrite } from './sample-validation.ts'

/** Objects kept of each of the three models. */
export const MAX_CONFIGURATION_OBJECTS = 100

/** Creating, changing and deleting what the shim adds to Nautobot. Kept in memory. */
export interface SampleConfiguration {
  /** @throws SampleRefusal 400 with messages by field. */
  create(model: SampleModel, body: unknown, id?: string): SampleObject
  /** Fields that are not named stay. @throws SampleRefusal 400 with messages by field. */
  update(object: SampleObject, body: unknown, isWhole: boolean): SampleObject
  /** @throws SampleRefusal 409 when other objects depend on it. */
  remove(object: SampleObject): void
  /** Healthy or Failed, except for what is in Maintenance. */
  reportHealth(object: SampleObject, healthy: boolean): { status: string; changed: boolean }
}

/** Values of fields that nobody has to give. */
const DEFAULTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'nautobot_ai_ops.systemprompt': { description: '' },
  'nautobot_ai_ops.llmmodel': {
    description: '',
    enabled: true,
    provider: 'azure-openai',
    remote_url: '',
    api_version: '',
    secrets_group: null,
    system_prompt: null,
    mcp_servers: [],
    is_default: false,
    verify_tls: true,
    timeout: 120,
    parameters: {},
    context_size: 128_000,
    input_price: null,
    cached_input_price: null,
    output_price: null,
    fallback_model: null,
    redact: false,
    entra_tenant_id: '',
    entra_client_id: ''
  },
  'nautobot_ai_ops.mcpserver': {
    description: '',
    enabled: true,
    transport: 'http',
    identity: 'service',
    secrets_group: null,
    credential_header: '',
    headers: {},
    verify_tls: true,
    connect_timeout: 5,
    timeout: 30,
    total_timeout: 600,
    tool_prefix: '',
    allowed_tools: [],
    denied_tools: [],
    read_only_tools: [],
    approval_tools: [],
    max_result_bytes: 8_388_608
  }
}

export function createSampleConfiguration(
  store: SampleStore,
  now: () => number
): SampleConfiguration {
  function save(model: SampleModel, id: string, values: Record<string, unknown>): SampleObject {
    if (values.is_default === true) clearDefaults(id)
    const name = String(values.name)
    const object = {
      id,
      objectType: model.objectType,
      display: name,
      label: name,
      values: { ...values, last_updated: new Date(now()).toISOString() }
    }
    store.put(object)
    return object
  }

  function clearDefaults(exceptId: string): void {
    for (const other of store.list('nautobot_ai_ops.llmmodel')) {
      if (other.id === exceptId || other.values.is_default !== true) continue
      store.put({ ...other, values: { ...other.values, is_default: false } })
    }
  }

  return {
    create(model, body, id = randomUUID()) {
      if (store.list(model.objectType).length >= MAX_CONFIGURATION_OBJECTS) {
        const message = `The sample keeps ${MAX_CONFIGURATION_OBJECTS} ${model.plural} at most.`
        throw new SampleRefusal(400, { non_field_errors: [message] })
      }
      const before = {
        ...DEFAULTS[model.objectType],
        created: new Date(now()).toISOString(),
        tags: []
      }
      return save(model, id, checkWrite({ store, model, body, before, isWhole: true }))
    },

    update(object, body, isWhole) {
      const model = modelOf(object.objectType)
      const { id, values: before } = object
      return save(model, id, checkWrite({ store, model, body, before, isWhole, id }))
    },

    remove(object) {
      const dependents = store
        .list('nautobot_ai_ops.llmmodel')
        .filter(({ values }) => values.system_prompt === object.id)
      if (dependents.length > 0) {
        const names = dependents.map(({ display }) => display).join(', ')
        throw refuse(
          409,
          `Unable to delete object. ${dependents.length} dependent objects were found: ${names}`
        )
      }
      store.delete(object.id)
      leaveModels(store, object.id)
    },

    reportHealth(object, healthy) {
      const wanted = healthy ? 'Healthy' : 'Failed'
      const before = store.get(String(object.values.status))?.display ?? ''
      if (before === 'Maintenance' || before === wanted) return { status: before, changed: false }
      const status = store.list('extras.status').find(({ display }) => display === wanted)?.id
      save(modelOf(object.objectType), object.id, { ...object.values, status })
      return { status: wanted, changed: true }
    }
  }
}

/** A server that is gone is no model's any more. */
function leaveModels(store: SampleStore, serverId: string): void {
  for (const other of store.list('nautobot_ai_ops.llmmodel')) {
    const { mcp_servers: servers } = other.values
    if (!Array.isArray(servers) || !servers.includes(serverId)) continue
    const left = servers.filter((id) => id !== serverId)
    store.put({ ...other, values: { ...other.values, mcp_servers: left } })
  }
}
