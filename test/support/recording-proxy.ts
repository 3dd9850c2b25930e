import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as it passed. Bodies are not kept. */
export interface SeenRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly authorization: string | undefined
  readonly correlationId: string | undefined
}

/** `up` forwards, `down` refuses connections, `hanging` takes requests and never answers. */
export type ProxyState = 'up' | 'down' | 'hanging'

export interface RecordingProxy {
  readonly url: string
  /** Everything since the last `forget()`, also what was not forwarded. */
  readonly requests: readonly SeenRequest[]
  /** How many of them were given up by who had asked, before they were answered. */
  readonly left: number
  forget(): void
  become(state: ProxyState): Promise<void>
  stop(): Promise<void>
}

/** Stands before an HTTP server on loopback, writes down who asks for what, and can be taken away. */
export async function startRecordingProxy(
  target: string,
  initial: ProxyState = 'up'
): Promise<RecordingProxy> {
  let requests: SeenRequest[] = []
  let left = 0
  let state: ProxyState = 'up'
  const server = createServer((incoming, response) => {
    requests.push(describe(incoming))
    response.once('close', () => {
      if (!response.writableFinished) left += 1
    })
    if (state === 'up') forward(target, incoming, response)
    else incoming.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  async function close(): Promise<void> {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  async function become(next: ProxyState): Promise<void> {
    state = next
    if (next === 'down') return close()
    if (next === 'up') server.closeIdleConnections()
    if (server.listening) return
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await become(initial)
  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return requests
    },
    get left() {
      return left
    },
    forget: () => {
      requests = []
      left = 0
    },
    become,
    stop: close
  }
}

function describe({ method = '', url = '', headers }: IncomingMessage): SeenRequest {
  return {
    method,
    path: url,
    authorization: headers.authorization,
    correlationId: headers['x-request-id']?.toString()
  }
}

function forward(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { host } = new URL(target)
  const { method, headers } = incoming
  // A kept connection would be lost now and then, and look like a fault of Nautobot's.
  const agent = new Agent({ keepAlive: false })
  const options = { method, agent, headers: { ...headers, host } }
  const outgoing = request(`${target}${incoming.url}`, options)
  outgoing.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers)
    answer.pipe(response)
  })
  outgoing.once('error', () => response.destroy())
  response.once('close', () => outgoing.destroy())
  incoming.pipe(outgoing)
}
