import { createServer, type Socket, connect as toService } from 'node:net'

/** A way to a service that can be taken away and given back. */
export interface CutLine {
  readonly url: string
  /** Ends every connection and refuses new ones. */
  cut(): void
  mend(): void
  close(): Promise<void>
}

/** A browser's own offline switch lets a stream that is already open go on; a cut line does not. */
export async function startCutLine(serviceUrl: string): Promise<CutLine> {
  const port = Number(new URL(serviceUrl).port)
  const sockets = new Set<Socket>()
  let isCut = false

  function watch(socket: Socket, other: Socket): void {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
    socket.pipe(other)
  }
  const server = createServer((near) => {
    if (isCut) {
      near.destroy()
      return
    }
    const far = toService({ host: '127.0.0.1', port })
    watch(near, far)
    watch(far, near)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    cut() {
      isCut = true
      cutAll()
    },
    mend() {
      isCut = false
    },
    async close() {
      const closed = Promise.withResolvers<void>()
      server.close(() => closed.resolve())
      cutAll()
      await closed.promise
    }
  }
}
