import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

const HIGHEST_PORT = 65_535

async function listens(port: number): Promise<number | undefined> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : undefined
  } catch {
    return undefined
  } finally {
    server.close()
  }
}

/** Below those that the kernel hands out to whoever asks for any, as tests beside this one do all the time. */
const FIRST_CHOSEN_PORT = 20_000
const LAST_CHOSEN_PORT = 32_000
const MAX_CHOICES = 50

/** A loopback TCP port that was free a moment ago. Another process may take it first: whoever binds it must cope with that. */
export async function freePort(): Promise<number> {
  for (let choice = 0; choice < MAX_CHOICES; choice += 1) {
    const port = randomInt(FIRST_CHOSEN_PORT, LAST_CHOSEN_PORT)
    if ((await listens(port)) !== undefined) return port
  }
  throw new Error('no free port on 127.0.0.1')
}

/**
 * The first free loopback port from `first` on.
 * @param attempts how many ports to look at.
 */
export async function firstFreePort(first: number, attempts = 20): Promise<number> {
  const last = Math.min(first + attempts - 1, HIGHEST_PORT)
  for (let port = first; port <= last; port += 1) {
    if ((await listens(port)) !== undefined) return port
  }
  throw new Error(`no free port on 127.0.0.1 from ${first} to ${last}`)
}
