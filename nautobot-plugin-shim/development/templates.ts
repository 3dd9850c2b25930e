import { existsSync, readdirSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { copyCluster, createCluster } from './cluster.ts'
import { DATABASE_NAME, type Instance, startInstance } from './instance.ts'
import { withLock } from './lock.ts'
import {
  contentKey,
  DEVELOPMENT_DIRECTORY,
  databaseDirectory,
  NAUTOBOT_VERSION,
  REQUIREMENTS_FILE,
  SHIM_DIRECTORY
} from './paths.ts'
import { createRunDirectory, removeAbandonedRuns } from './runs.ts'
import { type Say, timed } from './say.ts'
import type { Toolchain } from './toolchain.ts'

/**
 * `empty` is migrated without the app; `seeded` has the app's tables, the sample network and the users; `large` has thousands of
 * devices as well, and users who see some of them.
 */
export type TemplateKind = 'empty' | 'seeded' | 'large'

const MAX_KEPT_TEMPLATES = 3

function emptyKey(): string {
  return contentKey([REQUIREMENTS_FILE], NAUTOBOT_VERSION)
}

// The app's models decide the tables; choices, jobs and signals the rows that a migration creates.
function seededKey(): string {
  const app = join(SHIM_DIRECTORY, 'nautobot_ai_ops')
  const appFiles = ['migrations', 'models.py', 'choices.py', 'jobs.py', 'signals.py', '__init__.py']
  const seedFiles = ['seed.py', 'seed_rights.py', 'logins.json', 'development_config.py']
  const network = join(SHIM_DIRECTORY, '..', 'src', 'lab', 'network.json')
  const files = [
    ...appFiles.map((name) => join(app, name)),
    ...seedFiles.map((name) => join(DEVELOPMENT_DIRECTORY, name)),
    network
  ]
  return contentKey(files, emptyKey())
}

const largeKey = () => contentKey([join(DEVELOPMENT_DIRECTORY, 'large')], seededKey())
const KEYS = { empty: emptyKey, seeded: seededKey, large: largeKey }

function templateDirectory(kind: TemplateKind): string {
  return join(databaseDirectory(), `${kind}-${KEYS[kind]()}`)
}

async function removeOldTemplates(kind: TemplateKind): Promise<void> {
  const root = databaseDirectory()
  const all = readdirSync(root)
    .filter((name) => name.startsWith(`${kind}-`))
    .map((name) => join(root, name))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)
  for (const old of all.slice(MAX_KEPT_TEMPLATES)) await rm(old, { recursive: true, force: true })
}

// A template appears under its name only when it is complete and its server is stopped.
async function build(
  kind: TemplateKind,
  withShim: boolean,
  toolchain: Toolchain,
  fill: { cluster: (data: string) => Promise<void>; rows: (instance: Instance) => Promise<void> }
): Promise<void> {
  const directory = await createRunDirectory()
  try {
    const data = join(directory, 'data')
    await fill.cluster(data)
    const instance = await startInstance({ toolchain, directory, withShim })
    await fill.rows(instance).finally(() => instance.stop())
    await rename(data, templateDirectory(kind))
    await removeOldTemplates(kind)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function ensureEmpty(toolchain: Toolchain, say: Say): Promise<string> {
  const directory = templateDirectory('empty')
  if (existsSync(directory)) return directory
  say('Migrating an empty database: about four minutes, once for each Nautobot release.')
  await timed(say, 'Migrated', () =>
    build('empty', false, toolchain, {
      cluster: (data) => createCluster(toolchain.postgresqlDirectory, data),
      async rows(instance) {
        await instance.cluster.execute(`CREATE DATABASE ${DATABASE_NAME}`)
        await instance.manage(['migrate', '--verbosity', '0'])
      }
    })
  )
  return directory
}

async function ensureSeeded(toolchain: Toolchain, say: Say): Promise<string> {
  const empty = await ensureEmpty(toolchain, say)
  const directory = templateDirectory('seeded')
  if (existsSync(directory)) return directory
  say("Creating the app's tables, the sample network and the users: about half a minute.")
  const seed = join(DEVELOPMENT_DIRECTORY, 'seed.py')
  await timed(say, 'Seeded', () =>
    build('seeded', true, toolchain, {
      cluster: (data) => copyCluster(empty, data),
      async rows(instance) {
        await instance.manage(['migrate', '--verbosity', '0'])
        const code = `import runpy; runpy.run_path(${JSON.stringify(seed)}, run_name="seed")`
        await instance.manage(['nbshell', '--quiet-load', '--command', code])
      }
    })
  )
  return directory
}

async function ensureLarge(toolchain: Toolchain, say: Say): Promise<string> {
  const seeded = await ensureSeeded(toolchain, say)
  const directory = templateDirectory('large')
  if (existsSync(directory)) return directory
  say('Creating thousands of devices: about a minute, again after a change of the seed.')
  await timed(say, 'Created', () =>
    build('large', true, toolchain, {
      cluster: (data) => copyCluster(seeded, data),
      async rows(instance) {
        const code = 'from large.fill import fill; fill()'
        await instance.manage(['nbshell', '--quiet-load', '--command', code])
        // The planner would guess, and autovacuum is seldom.
        await instance.cluster.execute('VACUUM ANALYZE', DATABASE_NAME)
      }
    })
  )
  return directory
}

const ENSURE = { empty: ensureEmpty, seeded: ensureSeeded, large: ensureLarge }

/**
 * Makes a folder with a copy of a template in `data`, creating the template when it is missing or its sources have changed.
 * The caller owns the folder and removes it; what a killed caller left is removed by the next one.
 */
export async function copyTemplate(
  kind: TemplateKind,
  toolchain: Toolchain,
  say: Say
): Promise<string> {
  return withLock(join(databaseDirectory(), 'templates.lock'), async () => {
    await removeAbandonedRuns()
    const template = await ENSURE[kind](toolchain, say)
    const directory = await createRunDirectory()
    await copyCluster(template, join(directory, 'data'))
    return directory
  })
}
