import type { CallTool } from '../../../support/tool-client.ts'

/** One filter as describe tells it. */
export interface FilterWord {
  readonly name: string
  /** `text`, `number`, `name or id`, … */
  readonly takes: string
  readonly suffixes: readonly string[]
}

/** What can be said about a model: from describe, and names of its objects from find. */
export interface ModelWords {
  readonly model: string
  /** Root list in GraphQL. */
  readonly root: string
  readonly fields: readonly string[]
  readonly filters: readonly FilterWord[]
  /** By field or filter. */
  readonly values: Readonly<Record<string, readonly string[]>>
  /** What its objects are called by, and the field that says it. */
  readonly label: string
  readonly names: readonly string[]
}

/** Models that are asked about, with their root and the field that names their objects. */
const MODELS = [
  ['dcim.device', 'devices', 'name'],
  ['dcim.location', 'locations', 'name'],
  ['dcim.interface', 'interfaces', 'name'],
  ['dcim.rack', 'racks', 'name'],
  ['dcim.devicetype', 'device_types', 'model'],
  ['ipam.prefix', 'prefixes', 'prefix'],
  ['ipam.ipaddress', 'ip_addresses', 'address'],
  ['ipam.vlan', 'vlans', 'name'],
  ['circuits.circuit', 'circuits', 'cid'],
  ['circuits.provider', 'providers', 'name'],
  ['tenancy.tenant', 'tenants', 'name'],
  ['extras.status', 'statuses', 'name']
] as const

type Described = {
  readonly fields: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly filters: readonly { takes: string; suffixes?: string; names: string }[]
  readonly values?: Readonly<Record<string, readonly string[]>>
}

const split = (names: string) => names.split(' ').filter(Boolean)

function fieldsOf({ fields }: Described): string[] {
  return Object.values(fields).flatMap((names) =>
    typeof names === 'string' ? split(names) : Object.keys(names)
  )
}

/** Reads the words with the tools themselves. */
export async function readWords(call: CallTool): Promise<ModelWords[]> {
  const read = MODELS.map(async ([model, root, label]): Promise<ModelWords> => {
    const { text } = await call('describe', { model })
    const { text: list } = await call('find', { model, fields: [label], limit: 200 })
    const described = text as unknown as Described
    return {
      model,
      root,
      label,
      fields: fieldsOf(described),
      filters: described.filters.flatMap(({ takes, suffixes = '', names }) =>
        split(names).map((name) => ({ name, takes, suffixes: split(suffixes) }))
      ),
      values: described.values ?? {},
      names: [...new Set((list.rows as string[][]).flat())]
    }
  })
  return Promise.all(read)
}
