import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { AppError } from '../../errors.ts'

interface WebOptions {
  /** Folder of the built chat: `index.html`, `chat.js` and its chunks. */
  readonly webRoot: string
  /** Where `/` leads: Nautobot's chat page. Undefined: the standalone page is here. */
  readonly homeUrl: string | undefined
}

/** For our own page; nothing inline, nothing from elsewhere. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join('; ')

const HASHED_NAME = /-[\w-]{8,}\.\w+$/

export const web: FastifyPluginAsync<WebOptions> = async (app, { webRoot, homeUrl }) => {
  await app.register(async (files) => {
    files.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public', operation: 'web.file' }
    })
    await files.register(fastifyStatic, {
      root: webRoot,
      prefix: '/chat/',
      index: false,
      dotfiles: 'ignore',
      cacheControl: false,
      // The folder may come later: a build while the service runs.
      suppressWarning: true,
      setHeaders: (reply, path) => {
        const isHashed = HASHED_NAME.test(path)
        void reply.header(
          'cache-control',
          isHashed ? 'public, max-age=31536000, immutable' : 'no-cache'
        )
      }
    })
  })

  app.get(
    '/',
    { config: { operation: 'web.page', access: 'public' }, schema: { hide: true } },
    async (_request, reply) => {
      if (homeUrl !== undefined) return reply.redirect(homeUrl)
      return reply
        .headers({ 'content-security-policy': PAGE_POLICY, 'cache-control': 'no-cache' })
        .type('text/html; charset=utf-8')
        .send(await readPage(join(webRoot, 'index.html')))
    }
  )
}

async function readPage(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const message = 'The chat page has not been built: run `npm run build:web`.'
    throw new AppError('NOT_FOUND', message, { cause })
  }
}
