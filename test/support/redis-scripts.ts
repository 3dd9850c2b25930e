import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RedisScript } from '../../src/platform/redis-script.ts'

const SOURCE = join(import.meta.dirname, '../../src')
const DEFINITION = /= defineScript\(/

/** Every Lua script of the service by its name, found where they are defined. */
export async function allScripts(): Promise<ReadonlyMap<string, RedisScript>> {
  const found = new Map<string, RedisScript>()
  const files = await readdir(SOURCE, { recursive: true, withFileTypes: true })
  for (const file of files.filter(({ name }) => name.endsWith('.ts'))) {
    const path = join(file.parentPath, file.name)
    if (!DEFINITION.test(await readFile(path, 'utf8'))) continue
    const exported = Object.entries((await import(path)) as Record<string, unknown>)
    for (const [name, value] of exported) if (isScript(value)) found.set(name, value)
  }
  return found
}

function isScript(value: unknown): value is RedisScript {
  return typeof value === 'object' && value !== null && 'sha' in value && 'text' in value
}
