import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../../nautobot-plugin-shim/development/lock.ts'
import { cacheRoot } from '../../nautobot-plugin-shim/development/paths.ts'
import type { Say } from '../../nautobot-plugin-shim/development/say.ts'
import { runCommand } from '../../test/support/processes.ts'
import type { Engine } from './engine.ts'

const NPM_VERSION = '11.21.2'
const TIMEOUT_MS = 600_000
const CONTAINERFILE = `FROM scratch
ADD debian.tar /
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
  && groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
CMD ["node"]
`

/**
 * Sees to it that the engine has the base. Where its registry cannot be reached, a look-alike is made and given its name:
 * the same Debian release from Debian's own mirror, and the Node that runs this.
 */
export async function ensureBase(engine: Engine, image: string, say: Say): Promise<void> {
  if (await engine.has(image)) return
  if (engine.name === 'docker') throw new Error(`Docker cannot pull ${image}.`)
  if (!image.includes(`node:${process.versions.node}-bookworm`)) {
    throw new Error(
      `${image} cannot be pulled, and only one of Node ${process.versions.node} can be made.`
    )
  }
  say(
    `${image} cannot be pulled: making a look-alike of it from Debian's packages, about a minute.`
  )
  const folder = join(cacheRoot(), `image-base-${process.versions.node}`)
  await withLock(`${folder}.lock`, () => prepare(folder))
  const file = join(folder, 'Containerfile')
  await engine.build({ context: folder, file, tag: image }, () => undefined)
}

async function prepare(folder: string): Promise<void> {
  if (existsSync(folder)) return
  await mkdir(cacheRoot(), { recursive: true })
  const work = await mkdtemp(`${folder}-`)
  try {
    const packages = '--include=ca-certificates,tzdata'
    const target = join(work, 'debian.tar')
    await run('mmdebstrap', ['--variant=minbase', packages, 'bookworm', target], work)
    await run('npm', ['pack', `npm@${NPM_VERSION}`, '--silent'], work)
    await mkdir(join(work, 'npm'))
    const archive = `npm-${NPM_VERSION}.tgz`
    await run('tar', ['-xzf', archive, '--strip-components=1', '-C', 'npm'], work)
    await copyFile(process.execPath, join(work, 'node'))
    await writeFile(join(work, 'Containerfile'), CONTAINERFILE)
    await rename(work, folder)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function run(command: string, args: string[], cwd: string): Promise<void> {
  await runCommand({ command, args, cwd, timeoutMs: TIMEOUT_MS })
}
