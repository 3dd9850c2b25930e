import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'

/** The release that the app is developed against; `requirements.lock` pins the same. */
export const NAUTOBOT_VERSION = '3.2.7'

export const DEVELOPMENT_DIRECTORY = import.meta.dirname
export const SHIM_DIRECTORY = join(DEVELOPMENT_DIRECTORY, '..')
export const CHECKOUT_DIRECTORY = resolve(SHIM_DIRECTORY, '..')
export const REQUIREMENTS_FILE = join(DEVELOPMENT_DIRECTORY, 'requirements.lock')

const KEY_LENGTH = 12
/** The bit of a folder's mode that lets everybody pass through. */
const OTHERS_EXECUTE = 0o001

/** Where downloads are kept between runs; `AI_OPS_CACHE_DIR` moves it. */
export function cacheRoot(): string {
  const shared = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  return resolve(process.env.AI_OPS_CACHE_DIR ?? join(shared, 'nautobot-ai-ops'))
}

/** Of one release of Nautobot: what it needs, and templates. */
export function cacheDirectory(): string {
  return join(cacheRoot(), `nautobot-${NAUTOBOT_VERSION}`)
}

/** PostgreSQL refuses to run as root. */
export const DATABASE_USER = process.getuid?.() === 0 ? 'postgres' : undefined

function mayOthersEnter(path: string): boolean {
  const open = !existsSync(path) || (statSync(path).mode & OTHERS_EXECUTE) !== 0
  return open && (path === dirname(path) || mayOthersEnter(dirname(path)))
}

/**
 * Where database clusters live: in the cache, or, when the user postgres may not enter it (root's home is closed), in the
 * system's own folder for caches.
 */
export function databaseDirectory(): string {
  const usual = join(cacheDirectory(), 'databases')
  if (DATABASE_USER === undefined || mayOthersEnter(usual)) return usual
  return `/var/cache/nautobot-ai-ops/nautobot-${NAUTOBOT_VERSION}`
}

/** A short name for the content of these files and folders (Python and JSON files, all levels), the same in every checkout. */
export function contentKey(paths: string[], salt = ''): string {
  const hash = createHash('sha256').update(salt)
  for (const path of paths.flatMap(listFiles)) {
    hash.update(relative(CHECKOUT_DIRECTORY, path)).update(readFileSync(path))
  }
  return hash.digest('hex').slice(0, KEY_LENGTH)
}

function listFiles(path: string): string[] {
  if (!existsSync(path)) return []
  try {
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.py') || name.endsWith('.json'))
      .sort()
      .map((name) => join(path, name))
  } catch {
    return [path]
  }
}
