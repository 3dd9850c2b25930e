import { once } from 'node:events'
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'

const HEARTBEAT = ': heartbeat\n\n'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no'
} as const

interface EventStreamsOptions {
  readonly heartbeatMs: number
  /** A reader that leaves a full buffer standing for longer is cut off; it can resume. */
  readonly maxStalledMs: number
  readonly onCount?: (open: number) => void
}

export interface EventStreams {
  /**
   * Takes the response over and writes what `source` gives until it ends or the client leaves. The source
   * must end by itself when the response's signal aborts (`responseClosed`). Never rejects: a source that
   * throws cuts the connection, so the reader resumes.
   */
  send<Item>(
    reply: FastifyReply,
    source: AsyncIterable<Item>,
    encode: (item: Item) => string
  ): Promise<void>
  /** Cuts every open stream; readers resume elsewhere. */
  close(): void
}

/** One message on the wire, with data that is JSON already; `id` comes back as `Last-Event-ID` when the client reconnects. */
export function encodeSseMessage(id: string, event: string, json: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`
}

/**
 * Aborts when the response is over, because it is complete or because the client left. Not
 * `request.signal`: on a POST that one fires as soon as the body has been read (fastify#6725).
 */
export function responseClosed(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  if (reply.raw.closed || reply.raw.destroyed) controller.abort()
  else reply.raw.once('close', () => controller.abort())
  return controller.signal
}

/** Writes straight to the response: a stream in between would cost as much as all the rest of an event. */
export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { onCount = () => undefined } = options
  const open = new Set<ServerResponse>()

  function begin(reply: FastifyReply): ServerResponse {
    const { raw } = reply
    reply.hijack()
    raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...HEADERS })
    open.add(raw)
    onCount(open.size)
    const stop = watch(raw, options)
    raw.once('close', () => {
      stop()
      open.delete(raw)
      onCount(open.size)
    })
    return raw
  }

  return {
    async send(reply, source, encode) {
      // What has begun to read has to be told that nobody listens.
      if (reply.raw.destroyed) return void (await source[Symbol.asyncIterator]().return?.())
      const raw = begin(reply)
      try {
        await pipe(raw, source, encode)
        raw.end()
      } catch (error) {
        if (!raw.destroyed) reply.log.error({ err: error }, 'event stream broke')
        raw.destroy()
      }
    },
    close() {
      for (const raw of open) raw.destroy()
    }
  }
}

async function pipe<Item>(
  raw: ServerResponse,
  source: AsyncIterable<Item>,
  encode: (item: Item) => string
): Promise<void> {
  for await (const item of source) {
    if (raw.destroyed) return
    if (!raw.write(encode(item))) await drained(raw)
  }
}

/**
 * Flushes the head when no event comes at once, writes a comment whenever nothing moved for a while (proxies
 * keep the line open), and cuts a reader off that takes nothing. Returns how to stop watching.
 */
function watch(
  raw: ServerResponse,
  { heartbeatMs, maxStalledMs }: EventStreamsOptions
): () => void {
  const headers = setImmediate(() => raw.flushHeaders())
  let seenBytes = bytesWritten(raw)
  let stalledMs = 0
  const heartbeat = setInterval(() => {
    const moved = bytesWritten(raw) !== seenBytes
    stalledMs = raw.writableNeedDrain && !moved ? stalledMs + heartbeatMs : 0
    if (stalledMs >= maxStalledMs) raw.destroy()
    else if (!moved && stalledMs === 0 && !raw.writableEnded) raw.write(HEARTBEAT)
    seenBytes = bytesWritten(raw)
  }, heartbeatMs)
  return () => {
    clearImmediate(headers)
    clearInterval(heartbeat)
  }
}

function bytesWritten(raw: ServerResponse): number {
  return raw.socket?.bytesWritten ?? 0
}

async function drained(raw: ServerResponse): Promise<void> {
  const closed = new AbortController()
  const onClose = () => closed.abort()
  raw.once('close', onClose)
  try {
    await once(raw, 'drain', { signal: closed.signal })
  } catch {
    // Left: the loop sees a destroyed response.
  } finally {
    raw.off('close', onClose)
  }
}
