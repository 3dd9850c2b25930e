import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT_DIRECTORY } from '../../nautobot-plugin-shim/development/paths.ts'
import { type Say, timed } from '../../nautobot-plugin-shim/development/say.ts'
import { runCommand } from '../../test/support/processes.ts'
import { ensureBase } from './base.ts'
import { type Engine, findEngine } from './engine.ts'

const DOCKERFILE = join(CHECKOUT_DIRECTORY, 'Dockerfile')

export interface BuiltImage {
  readonly engine: Engine
  readonly id: string
  readonly tag: string
}

/** Builds the service's image from the Dockerfile as it ships. @param base instead of the Dockerfile's own. */
export async function buildImage(say: Say, base = defaultBase()): Promise<BuiltImage> {
  const engine = await findEngine(say)
  await ensureBase(engine, base, say)
  const version = versionOf(join(CHECKOUT_DIRECTORY, 'package.json'))
  const tag = `nautobot-ai-ops:${version}`
  const buildArguments = { NODE_IMAGE: base, VERSION: version, REVISION: await revision() }
  const build = { context: CHECKOUT_DIRECTORY, file: DOCKERFILE, tag, buildArguments }
  const id = await timed(say, `Built ${tag} with ${engine.name}`, () => engine.build(build, say))
  return { engine, id, tag }
}

/** The image that the Dockerfile builds on when it is told nothing. */
export function defaultBase(): string {
  const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(DOCKERFILE, 'utf8'))?.[1]
  if (!base) throw new Error('The Dockerfile names no base')
  return base
}

function versionOf(packageFile: string): string {
  return JSON.parse(readFileSync(packageFile, 'utf8')).version
}

async function revision(): Promise<string> {
  const options = { command: 'git', args: ['rev-parse', 'HEAD'], cwd: CHECKOUT_DIRECTORY }
  // A tree that was downloaded has none.
  return runCommand({ ...options, timeoutMs: 10_000 }).then(
    (text) => text.trim(),
    () => 'unknown'
  )
}
