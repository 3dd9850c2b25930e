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

/** `up` forwards, `down` refuses connections, `hanging` takes requests and answers them when it is `up` again. */
export type ProxyState = 'up' | 'down' | 'hanging'

export interface RecordingProxy {
  readonly url: string
  /** Everything since the last `forget()`, also what was not forwarded. */
  readonly requests: readonly SeenRequest[]
  /**
   * The most requests at a time since the last `forget()`, in all and of one token. As the server has them: one that was
   * given up by who had asked counts until the server has answered it.
   */
  readonly busiest: { readonly all: number; readonly ofOneToken: number }
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
  const held: (() => void)[] = []
  const busy = createBusyCount()
  let state: ProxyState = 'up'
  const server = createServer((incoming, response) => {
    const seen = describe(incoming)
    requests.push(seen)
    const done = busy.enter(seen.authorization)
    const pass = () => void forward(target, incoming, response).finally(done)
    if (state === 'up') pass()
    else held.push(pass)
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
  function recover(): void {
    server.closeIdleConnections()
    for (const pass of held.splice(0)) pass()
  }
  async function become(next: ProxyState): Promise<void> {
    state = next
    if (next === 'down') return close()
    if (next === 'up') recover()
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
    get busiest() {
      return busy.most()
    },
    forget: () => {
      requests = []
      busy.forget()
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

function createBusyCount() {
  const perToken = new Map<string, number>()
  let most = { all: 0, ofOneToken: 0 }
  const all = () => [...perToken.values()].reduce((sum, count) => sum + count, 0)
  const add = (token: string, change: number) => {
    const count = (perToken.get(token) ?? 0) + change
    perToken.set(token, count)
    most = { all: Math.max(most.all, all()), ofOneToken: Math.max(most.ofOneToken, count) }
  }
  return {
    enter(token = '') {
      add(token, 1)
      return () => add(token, -1)
    },
    most: () => most,
    forget() {
      most = { all: 0, ofOneToken: 0 }
    }
  }
}

/** Resolves when the server has answered, whether or not somebody still waits for it. */
async function forward(
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse
): Promise<void> {
  const { host } = new URL(target)
  const { method, headers } = incoming
  // A kept connection would be lost now and then, and look like a fault of Nautobot's.
  const agent = new Agent({ keepAlive: false })
  const options = { method, agent, headers: { ...headers, host } }
  const outgoing = request(`${target}${incoming.url}`, options)
  const answered = Promise.withResolvers<void>()
  outgoing.once('response', (answer) => {
    answer.once('close', answered.resolve)
    response.once('close', () => answer.resume())
    response.writeHead(answer.statusCode ?? 0, answer.headers)
    answer.pipe(response)
  })
  outgoing.once('error', () => {
    response.destroy()
    answered.resolve()
  })
  incoming.pipe(outgoing)
  return answered.promise
}
