import { join } from 'node:path'
import type { Say } from '../../nautobot-plugin-shim/development/say.ts'
import type { McpPeer } from './mcp-peers.ts'
import { freePort } from './ports.ts'
import { startProcess } from './processes.ts'
import { ensureVenv } from './python-venv.ts'

const SERVER = join(import.meta.dirname, 'python_mcp_server.py')
const START_TIMEOUT_MS = 30_000

/** A line of Python's MCP SDK, with the packages that are pinned for it. */
export interface PythonLine {
  readonly name: string
  readonly lockFile: string
  /** The newest revision of the protocol that its servers speak over streamable HTTP. */
  readonly revision: string
}

/** Servers of both are about: the first line's are called FastMCP. */
export const PYTHON_LINES: readonly PythonLine[] = [
  { name: 'FastMCP', lockFile: lockFile('python-mcp-1.lock'), revision: '2025-11-25' },
  { name: 'MCPServer', lockFile: lockFile('python-mcp-2.lock'), revision: '2026-07-28' }
]

/** The packages that `nautobot-mcp` needs are those of the second line, and beside them. */
export const NAUTOBOT_MCP_LOCK = lockFile('python-mcp-2.lock')

function lockFile(name: string): string {
  return join(import.meta.dirname, name)
}

const toOutput: Say = (sentence) => process.stdout.write(`${sentence}\n`)

/** Installs a line's packages where they are not yet; answers the folder of its programs. */
export function ensurePython({ lockFile }: Pick<PythonLine, 'lockFile'>): Promise<string> {
  return ensureVenv(lockFile, toOutput)
}

/** The command that serves the tools of `python_mcp_server.py` on its standard streams. */
export async function pythonCommand(line: PythonLine): Promise<readonly [string, ...string[]]> {
  return [join(await ensurePython(line), 'python'), SERVER, 'stdio']
}

/** The tools of `python_mcp_server.py` on the loopback interface. */
export async function startPythonPeer(
  line: PythonLine,
  transport: 'http' | 'sse'
): Promise<McpPeer> {
  const programs = await ensurePython(line)
  const port = await freePort()
  const running = startProcess({
    command: join(programs, 'python'),
    args: [SERVER, transport, String(port)],
    env: { PATH: process.env.PATH }
  })
  await running.waitForOutput(/Uvicorn running on/, START_TIMEOUT_MS)
  const path = transport === 'sse' ? 'sse' : 'mcp'
  return { url: `http://127.0.0.1:${port}/${path}`, port, stop: running.kill }
}
