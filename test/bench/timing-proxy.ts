import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What has passed so far. */
export interface Taken {
  readonly requests: number
  /** Time in which at least one request was with the server, ms. */
  readonly busyMs: number
}

/** Stands before an HTTP server on loopback and takes the time of its answers. */
export async function startTimingProxy(target: string) {
  let requests = 0
  let busyMs = 0
  let open = 0
  let since = 0

  function begin(): void {
    requests += 1
    if (open === 0) since = performance.now()
    open += 1
  }
  function end(): void {
    open -= 1
    if (open === 0) busyMs += performance.now() - since
  }
  const server = createServer((incoming, response) => {
    begin()
    forward(target, incoming, response, end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    taken: (): Taken => ({ requests, busyMs }),
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    }
  }
}

function forward(
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  onAnswered: () => void
): void {
  const { method, headers, url = '/' } = incoming
  const options = {
    method,
    agent: new Agent({ keepAlive: false }),
    headers: { ...headers, host: new URL(target).host }
  }
  const outgoing = request(target + url, options, (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers)
    answer.once('end', onAnswered)
    answer.pipe(response)
  })
  outgoing.once('error', () => {
    onAnswered()
    response.destroy()
  })
  incoming.pipe(outgoing)
}
