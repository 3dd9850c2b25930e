import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { startProcess } from './processes.ts'

const START_TIMEOUT_MS = 10_000
const POLL_INTERVAL_MS = 50

export interface RunningNginx {
  /** Without a slash at the end. */
  readonly url: string
  stop(): Promise<void>
}

/** A real nginx, unprivileged, on a loopback port. @param site what its one server block holds. */
export async function startNginx(upstream: string, site: string): Promise<RunningNginx> {
  const folder = await mkdtemp(join(tmpdir(), 'ai-ops-nginx-'))
  const port = await freePort()
  await chmod(folder, 0o777)
  await writeFile(join(folder, 'nginx.conf'), settings({ folder, port, upstream, site }))
  const running = startProcess({
    command: 'nginx',
    args: ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')],
    // Started as root it would hand its work to a user who may not enter this folder.
    ...(process.getuid?.() === 0 && { user: 'www-data' })
  })
  const stop = async () => {
    await running.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await Promise.race([untilAnswered(url), running.exited.then(ended)])
  } catch (error) {
    await stop()
    throw new Error(`nginx does not answer:\n${running.output()}`, { cause: error })
  }
  return { url, stop }
}

function ended(code: number | null): never {
  throw new Error(`It ended with ${code}.`)
}

async function untilAnswered(url: string): Promise<void> {
  const deadline = AbortSignal.timeout(START_TIMEOUT_MS)
  for (;;) {
    deadline.throwIfAborted()
    const answer = await fetch(url).catch(() => undefined)
    if (answer) return
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
  }
}

interface Settings {
  readonly folder: string
  readonly port: number
  readonly upstream: string
  readonly site: string
}

/** Everything that is not about the service is as nginx comes, buffering above all. */
function settings({ folder, port, upstream, site }: Settings): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
daemon off;
pid ${folder}/nginx.pid;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  upstream ai_ops { server ${new URL(upstream).host}; keepalive 8; }
  server { listen 127.0.0.1:${port};
${site}
  }
}
`
}
