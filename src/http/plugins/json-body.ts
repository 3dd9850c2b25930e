import fastifyPlugin from 'fastify-plugin'
import { AppError } from '../../errors.ts'

interface JsonBodyOptions {
  readonly maxDepth: number
}

/** JSON is the only body: anything else is 415, and nothing nests deeper than `maxDepth`. */
export const jsonBody = fastifyPlugin<JsonBodyOptions>(
  async (app, { maxDepth }) => {
    const parse = app.getDefaultJsonParser('error', 'error')
    app.removeAllContentTypeParsers()
    app.addContentTypeParser<string>(
      'application/json',
      { parseAs: 'string' },
      (request, body, done) => {
        // Clients that name a content type for an empty body (cancel) are common and mean no harm.
        if (body === '') return done(null, undefined)
        if (depthOf(body, maxDepth) > maxDepth) {
          const message = `The body nests deeper than ${maxDepth} levels.`
          return done(new AppError('INVALID_REQUEST', message, { details: { maxDepth } }))
        }
        return parse(request, body, done)
      }
    )
  },
  { name: 'json-body' }
)

const [QUOTE, BACKSLASH] = [0x22, 0x5c]
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])

/** How deep arrays and objects nest, counted before parsing; stops counting above `enough`. */
function depthOf(json: string, enough: number): number {
  let depth = 0
  let deepest = 0
  for (let index = 0; index < json.length && deepest <= enough; index++) {
    const code = json.charCodeAt(index)
    if (code === QUOTE) index = endOfString(json, index)
    else if (OPENING.has(code)) deepest = Math.max(deepest, ++depth)
    else if (CLOSING.has(code)) depth--
  }
  return deepest
}

function endOfString(json: string, start: number): number {
  let index = start + 1
  while (index < json.length && json.charCodeAt(index) !== QUOTE) {
    index += json.charCodeAt(index) === BACKSLASH ? 2 : 1
  }
  return index
}
