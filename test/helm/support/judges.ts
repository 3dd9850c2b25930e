import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheRoot } from '../../../nautobot-plugin-shim/development/paths.ts'

const run = promisify(execFile)
const KUBERNETES_VALIDATE = 'kubernetes-validate==1.37.0'
const COMPOSE_SPEC = 'compose-spec==0.2.1'
const ZIZMOR = 'zizmor==1.32.0'
const CHECK_JSONSCHEMA = 'check-jsonschema==0.39.0'

/** Path of `kubernetes-validate`, which knows the schemas of many Kubernetes versions. */
export const ensureKubernetesValidate = () =>
  ensurePythonTool(KUBERNETES_VALIDATE, 'kubernetes-validate')

/** Path of a Python that knows the Compose specification. */
export const ensureComposeSpec = () => ensurePythonTool(COMPOSE_SPEC, 'python')

/** Path of `zizmor`, which reads workflows of GitHub as an attacker would. */
export const ensureZizmor = () => ensurePythonTool(ZIZMOR, 'zizmor')

/** Path of `check-jsonschema`, which brings the schemas of GitHub's settings. */
export const ensureCheckJsonschema = () => ensurePythonTool(CHECK_JSONSCHEMA, 'check-jsonschema')

/** A program of a package of PyPI; fetched once into the cache. */
async function ensurePythonTool(requirement: string, program: string): Promise<string> {
  const folder = join(cacheRoot(), requirement.replace('==', '-'))
  const done = join(folder, 'done')
  const path = join(folder, 'bin', program)
  if (await exists(done)) return path
  await mkdir(cacheRoot(), { recursive: true })
  // A virtual environment knows its own path and cannot be moved into its place: it is whole when it says so.
  await run('python3', ['-m', 'venv', folder])
  await run(join(folder, 'bin/pip'), ['install', '--quiet', requirement])
  await writeFile(done, '')
  return path
}

/** Path of `promtool`, taken out of Debian's package without installing a Prometheus. */
export async function ensurePromtool(): Promise<string> {
  const folder = join(cacheRoot(), 'promtool')
  const tool = join(folder, 'usr/bin/promtool')
  if (await exists(tool)) return tool
  await mkdir(cacheRoot(), { recursive: true })
  const work = await mkdtemp(join(cacheRoot(), 'promtool-'))
  try {
    await run('apt-get', ['download', '--quiet', 'prometheus'], { cwd: work })
    await run('sh', ['-c', 'dpkg-deb -x ./*.deb out'], { cwd: work })
    // Whole or not at all: another process may be doing the same.
    await rename(join(work, 'out'), folder).catch(async (error: unknown) => {
      if (!(await exists(tool))) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return tool
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
