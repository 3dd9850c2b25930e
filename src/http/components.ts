type Json = Readonly<Record<string, unknown>>

interface Document {
  readonly paths?: unknown
  readonly components?: { readonly schemas?: unknown }
}

const REFERENCE = /#\/components\/schemas\/(\w+)/g

/**
 * Leaves out components that no path leads to (other libraries register theirs too), and calls the request's side
 * of a schema by the schema's name where nothing else has it: `ChatRequest`, not `ChatRequestInput`.
 */
export function tidyComponents<Doc extends Document>(document: Doc): Doc {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Json>
  const used = reachable(document.paths, schemas)
  const names = new Map<string, string>()
  for (const name of used) {
    const plain = name.replace(/Input$/, '')
    const isFree = !used.has(plain) || isSame(schemas, name, plain)
    names.set(name, plain in schemas && isFree ? plain : name)
  }
  const kept = [...used].sort().map((name) => [names.get(name), schemas[name]])
  const tidy = {
    ...document,
    components: { ...document.components, schemas: Object.fromEntries(kept) }
  }
  const text = JSON.stringify(tidy).replace(
    REFERENCE,
    (_match, name) => `#/components/schemas/${names.get(name) ?? name}`
  )
  return JSON.parse(text)
}

function reachable(paths: unknown, schemas: Readonly<Record<string, Json>>): Set<string> {
  const found = new Set<string>()
  const queue: unknown[] = [paths]
  while (queue.length > 0) {
    for (const [, name = ''] of JSON.stringify(queue.pop() ?? {}).matchAll(REFERENCE)) {
      if (found.has(name)) continue
      found.add(name)
      queue.push(schemas[name])
    }
  }
  return found
}

function isSame(schemas: Readonly<Record<string, Json>>, name: string, plain: string): boolean {
  const flat = (schema: Json | undefined) => JSON.stringify(schema ?? {}).replaceAll('Input"', '"')
  return flat(schemas[name]) === flat(schemas[plain])
}
