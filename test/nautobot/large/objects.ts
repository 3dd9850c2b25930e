import type { CallTool } from '../../support/tool-client.ts'
import type { Column } from './models.ts'
import { askAll, nameOf } from './oracle.ts'
import { RIGHTS, USERS, type User } from './rights.ts'

/** One object by what people call it. */
export interface ObjectQuestion {
  readonly user: User
  readonly args: Readonly<Record<string, unknown>>
  /** The fields that are set; undefined where the user must not find it. */
  readonly expected: Readonly<Record<string, unknown>> | undefined
}

interface Kind {
  readonly objectType: string
  readonly table: string
  /** Which objects are taken, on `t`. */
  readonly where: string
  /** SQL of what it is asked for by. */
  readonly calls: readonly string[]
  readonly needsModel: boolean
  readonly columns: Readonly<Record<string, Column>>
}

const STATUS = { of: 'extras.status', id: 't.status_id' }
const TENANT = { of: 'tenancy.tenant', id: 't.tenant_id' }
const LOCATION = { of: 'dcim.location', id: 't.location_id' }
const SAMPLE = 2

const DEVICES = {
  objectType: 'dcim.device',
  table: 'dcim_device',
  where: "t.name LIKE '%-l%' AND t.serial <> ''",
  columns: {
    name: 't.name',
    serial: 't.serial',
    asset_tag: 't.asset_tag',
    status: STATUS,
    role: { of: 'extras.role', id: 't.role_id' },
    tenant: TENANT,
    location: LOCATION,
    platform: { of: 'dcim.platform', id: 't.platform_id' }
  }
}

const KINDS: readonly Kind[] = [
  // Without a model a name is looked for in eight.
  { ...DEVICES, calls: ['t.name'], needsModel: false },
  {
    ...DEVICES,
    calls: ['upper(t.name)', 't.serial', "'/dcim/devices/' || t.id || '/'"],
    needsModel: true
  },
  {
    objectType: 'dcim.interface',
    table: 'dcim_interface',
    where: "t.mac_address <> ''",
    calls: ['t.mac_address', 't.id::text'],
    needsModel: true,
    columns: { name: 't.name', enabled: 't.enabled', mtu: 't.mtu', status: STATUS }
  },
  {
    objectType: 'ipam.ipaddress',
    table: 'ipam_ipaddress',
    where: "t.host > '\\x64400000'",
    calls: [
      "array_to_string(array(SELECT get_byte(t.host, n)::text FROM generate_series(0, 3) n), '.')"
    ],
    needsModel: false,
    columns: { mask_length: 't.mask_length', status: STATUS, tenant: TENANT }
  },
  {
    objectType: 'dcim.rack',
    table: 'dcim_rack',
    where: 't.tenant_id IS NOT NULL',
    calls: ['t.name'],
    needsModel: true,
    columns: { name: 't.name', u_height: 't.u_height', tenant: TENANT, location: LOCATION }
  }
]

function columnSql(column: Column, user: User): string {
  if (typeof column === 'string') return column
  return `CASE WHEN ${column.id} IS NULL THEN NULL ELSE COALESCE(${nameOf(column, column.id, user)}, '(hidden)') END`
}

/** Some objects that are the same each time: how they are called, and what a user may see of each. */
function sampleSql({ table, objectType, where, calls, columns }: Kind, user: User): string {
  const pairs = Object.entries(columns).map(([name, one]) => `'${name}', ${columnSql(one, user)}`)
  const rights = RIGHTS[objectType]?.[user] ?? 'false'
  return `(SELECT json_agg(json_build_array(json_build_array(${calls.join(', ')}),
    CASE WHEN ${rights} THEN json_strip_nulls(json_build_object(${pairs.join(', ')})) END))
    FROM (SELECT * FROM ${table} t WHERE ${where} ORDER BY md5(t.id::text) LIMIT ${SAMPLE}) t)`
}

export async function objectQuestions(
  sql: (statement: string) => Promise<string>
): Promise<ObjectQuestion[]> {
  const pairs = KINDS.flatMap((kind) => USERS.map((user) => ({ kind, user })))
  const answers = await askAll(
    sql,
    pairs.map(({ kind, user }) => sampleSql(kind, user))
  )
  return pairs.flatMap(({ kind, user }, index) =>
    (answers[index] as [string[], ObjectQuestion['expected'] | null][]).flatMap(([calls, fields]) =>
      calls.map((object) => ({
        user,
        args: { object, ...(kind.needsModel && { model: kind.objectType }) },
        expected: fields ?? undefined
      }))
    )
  )
}

/** Undefined when the tool's answer is what the database says. */
export async function askForObject(call: CallTool, question: ObjectQuestion): Promise<unknown> {
  const { args, expected } = question
  const { isError, text } = await call('get', args)
  const { code } = (text.error ?? {}) as { code?: string }
  const fields = (text.fields ?? {}) as Readonly<Record<string, unknown>>
  const isRight =
    expected === undefined
      ? isError && (code === 'OBJECT_NOT_FOUND' || code === 'FORBIDDEN')
      : Object.entries(expected).every(([name, value]) => fields[name] === value || value === '')
  return isRight ? undefined : { question, text }
}
