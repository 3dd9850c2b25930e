import { type Answer, setup } from './fake-nautobot.ts'
import { json, type WireRequest } from './wire-server.ts'

const text = { kind: 'SCALAR', name: 'String' }
const one = (name: string) => ({ kind: 'OBJECT', name })
const list = (name: string) => ({
  kind: 'LIST',
  ofType: { kind: 'NON_NULL', ofType: one(name) }
})

type Types = Record<string, Record<string, object>>

const typesOf = (learnt: readonly string[]): Types => ({
  Query: {
    devices: list('DeviceType'),
    device: one('DeviceType'),
    locations: list('LocationType'),
    location: one('LocationType'),
    interfaces: list('InterfaceType'),
    unlisted: list('UnlistedType')
  },
  DeviceType: {
    id: text,
    name: text,
    role: one('RoleType'),
    tenant: one('TenantType'),
    location: one('LocationType'),
    interfaces: list('InterfaceType'),
    ...Object.fromEntries(learnt.map((name) => [name, text]))
  },
  LocationType: { id: text, name: text, devices: list('DeviceType') },
  InterfaceType: { name: text, device: one('DeviceType') },
  RoleType: { name: text },
  TenantType: { name: text },
  UnlistedType: { name: text }
})

interface Queries {
  /** How many there are of each model, perhaps by filters; 403 for one that may not be viewed, 400 for a wrong place. */
  counts?: Record<string, number | ((filters: URLSearchParams) => number)>
  answer?: Answer
}

/** A Nautobot with a small GraphQL schema. `sent` has the queries that are not about the schema. */
export async function setupQueries({ counts = {}, answer }: Queries) {
  const sent: string[] = []
  const learnt: string[] = []
  /** Names that Nautobot knows; its schema is read before they are learnt, or after. */
  const known = () => new Set(Object.values(typesOf(learnt)).flatMap(Object.keys))

  function describe(query: string) {
    const name = /__type\(name: "(\w+)"/.exec(query)?.[1] ?? 'Query'
    const fields = typesOf(learnt)[name]
    const type = fields && {
      fields: Object.entries(fields).map(([field, type]) => ({ name: field, type }))
    }
    return { data: name === 'Query' ? { schema: { type } } : { type: type ?? null } }
  }

  const graphql: Answer = (request: WireRequest, response) => {
    const { query } = request.body as { query: string }
    if (/__schema|__type\(/.test(query)) return describe(query)
    const names = query.replaceAll(/"[^"]*"|\w+:|\([^)]*\)|\.\.\. on \w+/g, '').match(/\w+/g) ?? []
    const wrong = names.find((name) => !known().has(name))
    if (wrong)
      return json(response, 400, { errors: [{ message: `Cannot query field '${wrong}'` }] })
    sent.push(query)
    return answer?.(request, response) ?? { data: { devices: [] } }
  }

  const count: Answer = ({ path, query }, response) => {
    const wrong = [...query.keys()].find((name) => ['locaton', 'nam'].includes(name))
    const near = wrong === 'nam' ? ['name'] : ['location']
    if (wrong)
      return json(response, 400, { [wrong]: ['Unknown filter field'], nearest: { [wrong]: near } })
    const known = counts[path.split('/').at(-2) ?? ''] ?? 0
    const number = typeof known === 'number' ? known : known(query)
    const place = `Select a valid choice. ${query.get('location')} is not one of the available choices.`
    const refusals: Record<number, object> = {
      400: { location: [place] },
      403: { detail: 'No permission.' }
    }
    if (refusals[number]) return json(response, number, refusals[number])
    return { count: number }
  }

  const fake = await setup({ graphql, count })
  return { ...fake, sent, learn: (name: string) => learnt.push(name) }
}
