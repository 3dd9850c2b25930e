/** A condition in SQL on a row whose alias is `t`. It may be NULL. */
export type Condition = string

export const text = (value: string) => `'${value.replaceAll("'", "''")}'`
const list = (values: readonly string[]) => values.map(text).join(', ')

/** One of these values, as a list of texts. */
export const oneOf = (column: string, ...values: string[]): Condition =>
  `${column} IN (${list(values)})`

/** The related object has one of these names. */
export const named = (column: string, table: string, ...names: string[]): Condition =>
  `${column} IN (SELECT id FROM ${table} WHERE name IN (${list(names)}))`

/** The related object has one of these names, or is below one that has. */
export const below = (column: string, table: string, ...names: string[]): Condition =>
  `${column} IN (WITH RECURSIVE below AS (SELECT id FROM ${table} WHERE name IN (${list(names)})
    UNION SELECT child.id FROM ${table} child JOIN below ON child.parent_id = below.id) SELECT id FROM below)`

export const inPlace = (column: string, ...names: string[]) =>
  below(column, 'dcim_location', ...names)

/** What is unknown is not so, either. */
export const not = (condition: Condition): Condition => `NOT COALESCE((${condition}), false)`

export const contains = (column: string, part: string): Condition =>
  `strpos(upper(${column}), upper(${text(part)})) > 0`

export const startsWith = (column: string, part: string): Condition =>
  `strpos(upper(${column}), upper(${text(part)})) = 1`

export const endsWith = (column: string, part: string): Condition =>
  `right(upper(${column}), ${part.length}) = upper(${text(part)})`

/** Has all of these tags. */
export const tagged = (model: string, ...names: string[]): Condition =>
  names
    .map(
      (name) => `EXISTS (SELECT 1 FROM extras_taggeditem item
        JOIN extras_tag tag ON tag.id = item.tag_id
        JOIN django_content_type kind ON kind.id = item.content_type_id
        WHERE item.object_id = t.id AND tag.name = ${text(name)}
        AND kind.app_label || '.' || kind.model = ${text(model)})`
    )
    .join(' AND ')

export const customField = (key: string) => `(t._custom_field_data ->> ${text(key)})`

/** Some row of another table, alias `other`. */
export const some = (table: string, condition: Condition): Condition =>
  `EXISTS (SELECT 1 FROM ${table} other WHERE ${condition})`

/** An IPv4 address as Nautobot keeps it. */
export const bytes = (address: string) =>
  `'\\x${Buffer.from(address.split('.').map(Number)).toString('hex')}'::bytea`

/** First and last address of an IPv4 network. */
export function rangeOf(prefix: string): readonly [string, string] {
  const [address = '', length = '32'] = prefix.split('/')
  const first = Buffer.from(address.split('.').map(Number)).readUInt32BE()
  const last = first + 2 ** (32 - Number(length)) - 1
  const dotted = (value: number) => {
    const buffer = Buffer.alloc(4)
    buffer.writeUInt32BE(value)
    return [...buffer].join('.')
  }
  return [bytes(dotted(first)), bytes(dotted(last))]
}
