import type { ServerResponse } from 'node:http'
import { createNautobotClient } from '../../src/nautobot/client.ts'
import { createModelDirectory } from '../../src/nautobot-tools/model-directory.ts'
import { connectTools, type ToolAnswer } from './tool-client.ts'
import { json, startWireServer, type WireRequest } from './wire-server.ts'

export const API = '/api/plugins/ai-ops'

const model = (objectType: string, name: string, plural: string, more = {}) => ({
  object_type: objectType,
  name,
  plural,
  page: `/${objectType.replace('.', '/')}s/`,
  graphql: true,
  ...more
})
const MODELS = [
  model('dcim.device', 'device', 'devices'),
  model('dcim.location', 'location', 'locations'),
  model('dcim.interface', 'interface', 'interfaces', { mac: true }),
  model('virtualization.vminterface', 'VM interface', 'VM interfaces', { mac: true }),
  model('ipam.ipaddress', 'IP address', 'IP addresses', { api: '/api/ipam/ip-addresses/' }),
  model('extras.status', 'status', 'statuses'),
  model('extras.objectchange', 'object change', 'object changes', {
    page: '/extras/object-changes/'
  }),
  model('extras.note', 'note', 'notes', { graphql: false })
]
const field = (type: string, more = {}) => ({ type, required: false, read_only: false, ...more })
const RELATED = 'NautobotHyperlinkedRelatedField'
const DEVICE = {
  object_type: 'dcim.device',
  fields: {
    name: field('CharField'),
    status: field(RELATED, { required: true, related: 'extras.status' }),
    role: field(RELATED, { required: true, related: 'extras.role' }),
    device_type: field(RELATED, { required: true, related: 'dcim.devicetype' }),
    location: field(RELATED, { required: true, related: 'dcim.location' }),
    tenant: field(RELATED, { related: 'tenancy.tenant' }),
    primary_ip4: field(RELATED, { related: 'ipam.ipaddress' }),
    face: field('ChoiceField', { choices: ['front', 'rear'] })
  },
  filters: {
    name: { type: 'MultiValueCharFilter', lookups: ['ic', 'isw'] },
    location: { type: 'TreeNodeMultipleChoiceFilter', related: 'dcim.location', lookups: ['n'] },
    has_primary_ip: { type: 'RelatedMembershipBooleanFilter' },
    position: { type: 'MultiValueNumberFilter', lookups: ['gte', 'isnull'] },
    cf_site_code: { type: 'CustomFieldCharFilter' },
    created: { type: 'MultiValueDateTimeFilter', lookups: ['gte', 'lte'] },
    tags: { type: 'TagFilter' },
    q: { type: 'SearchFilter' }
  }
}

const INTERFACE = {
  object_type: 'dcim.interface',
  fields: { name: field('CharField'), mac_address: field('CharField') },
  filters: { mac_address: { type: 'MultiValueMACAddressFilter' } }
}

const ADDRESS = {
  object_type: 'ipam.ipaddress',
  fields: { address: field('IPFieldSerializer'), status: DEVICE.fields.status },
  filters: { address: { type: 'MultiValueCharFilter' } }
}

export type Answer = (request: WireRequest, response: ServerResponse) => unknown

/** A Nautobot that describes its models and answers `count` and GraphQL as the test says. */
export async function setup(
  answers: {
    count?: Answer
    graphql?: Answer
    describe?: Answer
    /** What the user may view; default: everything but locations. */
    mayView?: (objectType: string) => boolean
    /** One object, as REST shows it; what points at it is `related`. */
    rest?: Answer
    related?: Record<string, unknown>
    /** Of the lists that a name is looked for in; without it several objects are meant. */
    only?: Answer
    saved?: Answer
    log?: Answer
  } = {}
) {
  const { mayView = (objectType) => objectType !== 'dcim.location' } = answers
  const models = MODELS.map((one) => ({ ...one, view: mayView(one.object_type) }))
  const missing: Answer = (_, response) => json(response, 404, { detail: 'Not found.' })
  const only = answers.only ?? (() => ({ found: 2 }))
  const object: Answer = async (request, response) => {
    if (request.path === `${API}/objects/`) return only(request, response)
    const shown = await (answers.rest ?? missing)(request, response)
    return shown && { object: shown, related: [], none: [], hidden: [], ...answers.related }
  }
  const routes: [string, Answer][] = [
    [`${API}/objects/`, object],
    [`${API}/models/dcim.device/`, answers.describe ?? (() => DEVICE)],
    [`${API}/models/ipam.ipaddress/`, () => ADDRESS],
    [`${API}/models/virtualization.vminterface/`, () => INTERFACE],
    [`${API}/models/dcim.interface/`, () => INTERFACE],
    [`${API}/models/`, ({ path }) => (path === `${API}/models/` ? { models } : DEVICE)],
    [`${API}/change-log/`, answers.log ?? (() => ({ count: 0, changes: [] }))],
    [`${API}/count/`, answers.count ?? (() => ({ count: 0 }))],
    ['/api/extras/graphql-queries/', answers.saved ?? (() => ({ results: [] }))],
    ['/api/graphql/', answers.graphql ?? (() => ({ data: { rows: [] } }))],
    ['/api/', missing]
  ]
  const server = await startWireServer((request, response) => {
    const [, answer] = routes.find(([path]) => request.path.startsWith(path)) ?? []
    return answer?.(request, response)
  })
  const nautobot = createNautobotClient({
    url: server.url,
    publicUrl: 'https://nautobot.example.com',
    timeoutMs: 5_000,
    maxInFlight: 8,
    maxInFlightPerToken: 8,
    maxResponseBytes: 10_000_000,
    verifyTls: true
  })
  const forgotten: string[] = []
  const directory = createModelDirectory()
  const connect = () =>
    connectTools(nautobot, {
      userId: 'id-alice',
      token: 'alice-token',
      directory,
      onForgotten: (token) => forgotten.push(token.reveal())
    })
  const call = await connect()
  const sent = (part: string) => server.requests.filter(({ path }) => path.includes(part))
  return { server, nautobot, call, anotherRun: connect, sent, forgotten }
}

export const graphqlText = (request: WireRequest | undefined) =>
  (request?.body as { query: string } | undefined)?.query
export const errorOf = ({ isError, text }: ToolAnswer) => ({
  isError,
  ...(text.error as { code: string; message: string; nearest?: string[] })
})

export const devices = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `id-${index}`,
    name: `device-${index}`,
    status: { name: 'Active' },
    role: { name: 'switch' },
    device_type: { model: 'C9300' },
    location: { name: 'AMS01' },
    primary_ip4: null
  }))
