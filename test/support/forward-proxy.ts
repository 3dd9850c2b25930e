import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface ForwardProxy {
  readonly port: number
  /** `<method> <what was asked for> <Proxy-Authorization>`, in order of arrival. */
  readonly seen: readonly string[]
}

/**
 * A proxy as a company has it: tunnels lead to loopback whatever name is asked for, as its own DNS might say; everything
 * else is answered by itself. Stopped when the test is finished.
 */
export async function startForwardProxy(answer = 'by proxy'): Promise<ForwardProxy> {
  const seen: string[] = []
  const sockets = new Set<Socket>()
  const note = (method: unknown, url: unknown, login: unknown) =>
    seen.push(`${String(method)} ${String(url)} ${String(login ?? '')}`)
  const server = createServer(({ method, url, headers }, response) => {
    note(method, url, headers['proxy-authorization'])
    response.setHeader('content-type', 'application/json')
    response.end(answer)
  })
  server.on('connect', ({ url, headers }, socket: Socket) => {
    note('CONNECT', url, headers['proxy-authorization'])
    const onward = connect(Number(url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(socket).pipe(onward)
    })
    sockets.add(socket).add(onward)
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { port: (server.address() as AddressInfo).port, seen }
}
