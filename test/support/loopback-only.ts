import { Server } from 'node:net'

/**
 * Preloaded into servers that take a port but no host, and would otherwise listen on every interface of the machine
 * that runs the tests.
 */
const listen = Server.prototype.listen

function listenOnLoopback(this: Server, ...args: unknown[]): Server {
  const [port, ...rest] = args
  const hasPortAlone = typeof port !== 'object' && typeof rest[0] !== 'string'
  const given = hasPortAlone ? [port, '127.0.0.1', ...rest] : args
  return Reflect.apply(listen, this, given)
}

Server.prototype.listen = listenOnLoopback as typeof listen
