import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheRoot, contentKey } from '../../nautobot-plugin-shim/development/paths.ts'

const run = promisify(execFile)

const MANIFEST = join(import.meta.dirname, 'mcp')
const FILES = ['package.json', 'package-lock.json']
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024
const INSTALL_TIMEOUT_MS = 240_000
const RUN_TIMEOUT_MS = 120_000

/** Folder with what judges `/mcp`: installed once into the cache, exactly as the lock file has it, without scripts. */
export async function ensureMcpTools(): Promise<string> {
  const folder = join(
    cacheRoot(),
    `mcp-tools-${contentKey(FILES.map((name) => join(MANIFEST, name)))}`
  )
  if (existsSync(folder)) return folder
  await mkdir(cacheRoot(), { recursive: true })
  const work = await mkdtemp(join(cacheRoot(), 'mcp-tools-'))
  try {
    for (const name of FILES) await cp(join(MANIFEST, name), join(work, name))
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
    await run('npm', args, { cwd: work, timeout: INSTALL_TIMEOUT_MS })
    // Whole or not at all: another process may be doing the same.
    await rename(work, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  return folder
}

/** One check of a scenario. `INFO` judges nothing. */
export interface Check {
  readonly id: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO'
  readonly errorMessage?: string
}

/**
 * Runs every server scenario that a revision of the protocol requires, and those that it runs beside them, against `url`.
 * The exit code is nobody's business: whoever calls judges each check.
 */
export async function runConformance(url: string, revision: string): Promise<Map<string, Check[]>> {
  const entry = join(
    await ensureMcpTools(),
    'node_modules/@modelcontextprotocol/conformance/dist/index.js'
  )
  const output = await mkdtemp(join(tmpdir(), 'ai-ops-mcp-'))
  try {
    const args = [entry, 'server', '--url', url, '--requirements', revision, '-o', output]
    await execute(args, output)
    return await readChecks(output)
  } finally {
    await rm(output, { recursive: true, force: true })
  }
}

/** Runs one client scenario of a revision against our own connection. */
export async function judgeClient(scenario: string, revision: string): Promise<readonly Check[]> {
  const entry = join(
    await ensureMcpTools(),
    'node_modules/@modelcontextprotocol/conformance/dist/index.js'
  )
  const output = await mkdtemp(join(tmpdir(), 'ai-ops-mcp-'))
  const client = `${process.execPath} ${join(import.meta.dirname, 'tool-client.ts')}`
  try {
    const what = ['--scenario', scenario, '--spec-version', revision, '-o', output]
    await execute([entry, 'client', '--command', client, ...what], output)
    return [...(await readChecks(output)).values()].flat()
  } finally {
    await rm(output, { recursive: true, force: true })
  }
}

async function readChecks(folder: string): Promise<Map<string, Check[]>> {
  const scenarios = new Map<string, Check[]>()
  for (const name of await readdir(folder)) {
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT/.exec(name)?.[1] ?? name
    const checks = await readFile(join(folder, name, 'checks.json'), 'utf8')
    scenarios.set(scenario, JSON.parse(checks))
  }
  return scenarios
}

export interface InspectorAnswer {
  readonly code: number
  // biome-ignore lint/suspicious/noExplicitAny: parsed JSON, whose shape is what the tests look at
  readonly body: any
  readonly text: string
}

/** The MCP inspector's command line; it opens no browser and finds nothing of the user's. */
export async function inspect(url: string, args: readonly string[]): Promise<InspectorAnswer> {
  const entry = join(
    await ensureMcpTools(),
    'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js'
  )
  const home = await mkdtemp(join(tmpdir(), 'ai-ops-inspector-'))
  try {
    const all = [entry, '--cli', '--server-url', url, '--transport', 'http', ...args]
    const { code, text } = await execute([...all, '--stored-auth-only'], home)
    return { code, text, body: text.startsWith('{') ? JSON.parse(text) : undefined }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

async function execute(args: readonly string[], home: string) {
  const env = { PATH: process.env.PATH, HOME: home, MCP_CATALOG_PATH: join(home, 'mcp.json') }
  const options = { env, cwd: home, timeout: RUN_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES }
  try {
    const { stdout } = await run(process.execPath, args, options)
    return { code: 0, text: stdout }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout: string; stderr: string }
    if (typeof code !== 'number') throw error
    return { code, text: stdout + stderr }
  }
}
