import { readdirSync, readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setImmediate as breath } from 'node:timers/promises'

const FOLDER = join(import.meta.dirname, '../fixtures/provider-streams')

/** Names of all recorded answers. */
export function providerStreams(): string[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.sse'))
  return files.map((file) => file.replace(/\.sse$/, ''))
}

export function providerStream(name: string): Buffer {
  return readFileSync(join(FOLDER, `${name}.sse`))
}

/** How the same answer may come, too. */
export const VARIANTS: Readonly<Record<string, (stream: Buffer) => Buffer>> = {
  'as it is': (stream) => stream,
  'with CRLF': replaced('\n', '\r\n'),
  'with comments in between': replaced('\n\n', '\n\n: keep-alive\n\n'),
  'without spaces after the colons': replaced('data: ', 'data:'),
  'without its last line': replaced('data: [DONE]\n\n', '')
}

function replaced(from: string, to: string): (stream: Buffer) => Buffer {
  return (stream) => Buffer.from(stream.toString().replaceAll(from, to))
}

/** Sends the pieces one after the other; between two of them the reader has its turn. */
export async function sendPieces(
  response: ServerResponse,
  pieces: Iterable<Uint8Array>
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  response.socket?.setNoDelay()
  for (const piece of pieces) {
    response.write(piece)
    await breath()
  }
  response.end()
}

export function bytesOf(stream: Buffer): Buffer[] {
  return [...stream.keys()].map((index) => stream.subarray(index, index + 1))
}
