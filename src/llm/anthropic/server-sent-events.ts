/** A carriage return at the end of a piece may be half of a line's end, so it waits for what follows. */
const LINE_END = /\r\n|\n|\r(?=[^\n])/

/** The data of each event, in order, wherever the pieces are cut. An event without its empty line does not count. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = []
  for await (const line of readLines(body)) {
    if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''))
    if (line !== '' || data.length === 0) continue
    yield data.join('\n')
    data = []
  }
}

async function* readLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const bytes of body) {
    pending += decoder.decode(bytes, { stream: true })
    const lines = pending.split(LINE_END)
    pending = lines.pop() ?? ''
    yield* lines
  }
}
