import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensurePackages, succeeds } from '../../nautobot-plugin-shim/development/packages.ts'
import { CHECKOUT_DIRECTORY, cacheRoot } from '../../nautobot-plugin-shim/development/paths.ts'
import type { Say } from '../../nautobot-plugin-shim/development/say.ts'
import { runCommand } from '../../test/support/processes.ts'

const COMMAND_TIMEOUT_MS = 60_000
const BUILD_TIMEOUT_MS = 900_000
/** Layers of older builds are dropped, or the cache would only grow. */
const MAX_IMAGE_AGE_HOURS = 72

export interface Build {
  /** Folder that the build may read. */
  readonly context: string
  readonly file: string
  readonly tag: string
  readonly buildArguments?: Readonly<Record<string, string>>
}

/** What builds and runs images on this machine. */
export interface Engine {
  readonly name: 'docker' | 'podman'
  /** Runs a subcommand of it and answers what it printed, without the last line break. */
  command(...args: string[]): Promise<string>
  /** Builds, prints what it does, and answers the image's id. */
  build(what: Build, say: Say): Promise<string>
  /** Whether there is, or can be had, an image of this name. */
  has(image: string): Promise<boolean>
}

/** Docker where its daemon answers; else buildah and podman, installed if need be, with a store of their own in the cache. */
export async function findEngine(say: Say): Promise<Engine> {
  if (await succeeds('docker', ['version', '--format', '{{.Server.Version}}'])) return docker()
  await ensurePackages(['buildah', 'podman', 'runc', 'mmdebstrap'], say)
  return podman()
}

function docker(): Engine {
  const command = (...args: string[]) => output('docker', args)
  return {
    name: 'docker',
    command,
    async build({ context, file, tag, buildArguments = {} }, say) {
      const args = ['build', '--file', file, '--tag', tag, ...pairs(buildArguments), context]
      await run('docker', args, say)
      return command('image', 'inspect', '--format', '{{.Id}}', tag)
    },
    has: (image) => succeeds('docker', ['pull', '--quiet', image])
  }
}

/** Works without a daemon, systemd and cgroups of one's own: chroot to build, runc and the host's network to run. */
async function podman(): Promise<Engine> {
  const home = join(cacheRoot(), 'containers')
  const env = { ...process.env, CONTAINERS_CONF: await writeSettings(home) }
  const store = ['--root', join(home, 'store'), '--runroot', join(home, 'run')]
  const options = [...store, '--storage-driver', 'overlay']
  const command = (...args: string[]) => output('podman', [...options, ...args], env)
  return {
    name: 'podman',
    command,
    async build({ context, file, tag, buildArguments = {} }, say) {
      const idFile = join(home, `image-${process.pid}`)
      // docker's format, or HEALTHCHECK is dropped.
      const how = ['--isolation', 'chroot', '--network', 'host', '--pull-never', '--layers']
      const what = ['--format', 'docker', '--iidfile', idFile, '--file', file, '--tag', tag]
      const machine = await machineMounts(home)
      const args = [...how, ...what, ...machine, ...pairs(buildArguments), context]
      await run('buildah', [...options, 'build', ...args], say)
      await rm(idFile)
      await command('image', 'prune', '--force', '--filter', `until=${MAX_IMAGE_AGE_HOURS}h`)
      return command('image', 'inspect', '--format', '{{.Id}}', tag)
    },
    async has(image) {
      const exists = () => succeeds('podman', [...options, 'image', 'exists', image])
      return (await exists()) || (await succeeds('podman', [...options, 'pull', '--quiet', image]))
    }
  }
}

async function writeSettings(home: string): Promise<string> {
  await mkdir(home, { recursive: true })
  const file = join(home, 'containers.conf')
  const lines = [
    '[containers]',
    'default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]',
    '[engine]',
    'runtime = "runc"',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"'
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return file
}

/** What the build needs of this machine to reach the registry of packages; mounted, so that no layer has it. */
async function machineMounts(home: string): Promise<string[]> {
  const authorities = '/etc/ssl/certs/ca-certificates.crt'
  const registry = await output('npm', ['config', 'get', 'registry'])
  const file = join(home, 'npmrc')
  await writeFile(file, `registry=${registry}\ncafile=${authorities}\n`)
  return ['-v', `${authorities}:${authorities}:ro`, '-v', `${file}:/usr/local/etc/npmrc:ro`]
}

function pairs(buildArguments: Readonly<Record<string, string>>): string[] {
  return Object.entries(buildArguments).flatMap(([name, value]) => [
    '--build-arg',
    `${name}=${value}`
  ])
}

async function output(command: string, args: string[], env = process.env): Promise<string> {
  return (await runCommand({ command, args, env, timeoutMs: COMMAND_TIMEOUT_MS })).trimEnd()
}

async function run(command: string, args: string[], say: Say): Promise<void> {
  const cwd = CHECKOUT_DIRECTORY
  await runCommand({ command, args, cwd, timeoutMs: BUILD_TIMEOUT_MS, onLine: (line) => say(line) })
}
