import { markName } from './mark-name.ts'
import { listOf, recordOf, type Schema } from './schema-reading.ts'

/** Anthropic's rule for the names of arguments; one that breaks it fails the whole request. */
const NAME = /^[a-zA-Z0-9_.-]{1,64}$/

export interface OfferedNames {
  readonly schema: Schema
  /** What the model gave, under the names that the server knows. */
  readonly toRaw: (args: object) => object
}

/** The schema with argument names that all providers take, and the way back. */
export function offeredNames(schema: Schema): OfferedNames {
  const names = Object.keys(recordOf(schema.properties))
  const renamed = new Map(
    names.filter((name) => !NAME.test(name)).map((name) => [name, otherName(name)])
  )
  if (renamed.size === 0) return { schema, toRaw: (args) => args }
  const rawOf = new Map([...renamed].map(([raw, offered]) => [offered, raw]))
  const properties = Object.entries(recordOf(schema.properties)).map(([name, value]) => [
    renamed.get(name) ?? name,
    value
  ])
  const required = listOf(schema.required).map((name) => renamed.get(String(name)) ?? name)
  return {
    schema: {
      ...schema,
      properties: Object.fromEntries(properties),
      ...(required.length > 0 && { required })
    },
    toRaw: (args) =>
      Object.fromEntries(
        Object.entries(args).map(([name, value]) => [rawOf.get(name) ?? name, value])
      )
  }
}

/** Always with a mark, so that it meets no other name. */
function otherName(name: string): string {
  return markName(name.replace(/[^a-zA-Z0-9_.-]/g, '_'), name)
}
