/** One event of a `text/event-stream`; comments never show up. */
export interface SseEvent {
  /** The stream's last event id; empty when it has sent none. */
  readonly id: string
  readonly event: string
  readonly data: string
}

/** A larger event is a defect or an attack; the reader gives up rather than grow. */
export const MAX_EVENT_CHARS = 4_194_304

interface Draft {
  id: string
  event: string
  data: string[]
  chars: number
}

/**
 * Returns a function that takes text as it arrives and answers the events completed by it. Follows the
 * HTML standard's parser: `\n`, `\r` and `\r\n` all end a line, also when a chunk ends between the two.
 */
export function createSseParser(): (text: string) => SseEvent[] {
  const draft: Draft = { id: '', event: '', data: [], chars: 0 }
  let rest = ''
  let skipLineFeed = false
  return (text) => {
    const fresh = skipLineFeed && text.startsWith('\n') ? text.slice(1) : text
    if (text !== '') skipLineFeed = text.endsWith('\r')
    const lines = (rest + fresh).split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    const events = lines.flatMap((line) => takeLine(draft, line) ?? [])
    if (rest.length + draft.chars > MAX_EVENT_CHARS) {
      throw new Error(`an event is larger than ${MAX_EVENT_CHARS} characters`)
    }
    return events
  }
}

function takeLine(draft: Draft, line: string): SseEvent | undefined {
  if (line === '') return dispatch(draft)
  const colon = line.indexOf(':')
  if (colon === 0) return undefined
  const name = colon < 0 ? line : line.slice(0, colon)
  takeField(draft, name, colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, ''))
  return undefined
}

function takeField(draft: Draft, name: string, value: string): void {
  if (name === 'data') {
    draft.data.push(value)
    draft.chars += value.length
  }
  if (name === 'event') draft.event = value
  if (name === 'id' && !value.includes('\0')) draft.id = value
}

function dispatch(draft: Draft): SseEvent | undefined {
  const { id, event, data } = draft
  draft.event = ''
  draft.data = []
  draft.chars = 0
  if (data.length === 0) return undefined
  return { id, event: event === '' ? 'message' : event, data: data.join('\n') }
}

/**
 * Reads a response's body as events until it closes. `onBytes` is called for every chunk, comments
 * included, so that a silent line can be told from a quiet one.
 */
export async function* readSse(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {}
): AsyncGenerator<SseEvent, void> {
  const parse = createSseParser()
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      onBytes()
      yield* parse(decoder.decode(value, { stream: true }))
    }
  } finally {
    // Already broken or already read: either way there is nothing left to give back.
    await reader.cancel().catch(() => undefined)
  }
}
