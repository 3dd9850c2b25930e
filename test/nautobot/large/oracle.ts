import type { AskedModel, Column, Related } from './models.ts'
import { RIGHTS, type User } from './rights.ts'
import type { Condition } from './sql.ts'

const TABLES: Readonly<Record<string, string>> = {
  'circuits.circuittype': 'circuits_circuittype',
  'circuits.provider': 'circuits_provider',
  'dcim.device': 'dcim_device',
  'dcim.devicetype': 'dcim_devicetype',
  'dcim.location': 'dcim_location',
  'dcim.locationtype': 'dcim_locationtype',
  'dcim.platform': 'dcim_platform',
  'extras.role': 'extras_role',
  'extras.status': 'extras_status',
  'ipam.vlangroup': 'ipam_vlangroup',
  'tenancy.tenant': 'tenancy_tenant'
}

/** What a group of nothing, and one that the user may not see, are called. */
const NONE = "'(none)'"
const HIDDEN = "'(not visible to you)'"

export const mayView = ({ objectType }: AskedModel, user: User): boolean =>
  RIGHTS[objectType]?.[user] !== null

/** The user's rights as a condition on the alias `r`. */
const rightsOnRelated = ({ of }: Related, user: User): Condition =>
  (RIGHTS[of]?.[user] ?? 'false').replace(/\bt\./g, 'r.')

/** The name of a related object whose id is `id`; NULL when it is hidden. */
export const nameOf = (related: Related, id: string, user: User): string =>
  `(SELECT ${related.label ?? 'r.name'} FROM ${TABLES[related.of]} r
    WHERE r.id = ${id} AND (${rightsOnRelated(related, user)}))`

const from = (model: AskedModel, user: User, where: readonly Condition[]): string =>
  `FROM ${model.table} t WHERE ${[RIGHTS[model.objectType]?.[user] ?? 'false', ...where]
    .map((condition) => `(${condition})`)
    .join(' AND ')}`

/** How many rows the user sees. */
export const countSql = (model: AskedModel, user: User, where: readonly Condition[]): string =>
  `(SELECT to_json(count(*)) ${from(model, user, where)})`

/** Labels of each group, and how many are in it. */
export function groupsSql(
  model: AskedModel,
  user: User,
  { where, by }: { where: readonly Condition[]; by: readonly Column[] }
): string {
  const keys = by.map((column) => (typeof column === 'string' ? column : column.id))
  const labels = by.map((column, index) => {
    const key = `g.key${index}`
    const label =
      typeof column === 'string' ? key : `COALESCE(${nameOf(column, key, user)}, ${HIDDEN})`
    return `CASE WHEN ${key} IS NULL THEN ${NONE} ELSE ${label} END`
  })
  const named = keys.map((key, index) => `${key} AS key${index}`).join(', ')
  const group = keys.map((_, index) => index + 1).join(', ')
  return `(SELECT COALESCE(json_agg(json_build_array(${labels.join(', ')}, g.rows)), '[]')
    FROM (SELECT ${named}, count(*) AS rows ${from(model, user, where)} GROUP BY ${group}) g)`
}

/** Id and columns of all rows. */
export function rowsSql(
  model: AskedModel,
  user: User,
  { where, columns }: { where: readonly Condition[]; columns: readonly Column[] }
): string {
  const values = columns.map((column) =>
    typeof column === 'string' ? column : nameOf(column, column.id, user)
  )
  return `(SELECT COALESCE(json_agg(json_build_array(t.id, ${values.join(', ')})), '[]')
    ${from(model, user, where)})`
}

const MAX_STATEMENT_CHARACTERS = 60_000

/** Asks for many values in few statements: an argument of a command has a limit. */
export async function askAll(
  sql: (statement: string) => Promise<string>,
  expressions: readonly string[]
): Promise<unknown[]> {
  const answers: unknown[] = []
  let batch: string[] = []
  const send = async () => {
    if (batch.length === 0) return
    const parts = batch.map((expression) => `(SELECT ${expression}::text)`)
    const line = await sql(`SELECT json_build_array(${parts.join(', ')})`)
    answers.push(...(JSON.parse(line) as string[]).map((text): unknown => JSON.parse(text)))
    batch = []
  }
  for (const expression of expressions) {
    const length = batch.reduce((sum, one) => sum + one.length, expression.length)
    // A function takes at most 100 arguments.
    if (length > MAX_STATEMENT_CHARACTERS || batch.length === 90) await send()
    batch.push(expression)
  }
  await send()
  return answers
}
