import type { FastifyInstance } from 'fastify'

/** Which methods the routes at a path take: what a 405 puts into `Allow`. Asked for unmatched requests only. */
export function createMethodFinder(app: FastifyInstance): (url: string) => string[] {
  const routes: { readonly segments: string[]; readonly methods: string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const methods = [method].flat().filter((name) => name !== 'OPTIONS')
    if (methods.length > 0) routes.push({ segments: url.split('/'), methods })
  })
  return (url) => {
    const [path = ''] = url.split('?')
    const wanted = path.split('/')
    const methods = routes
      .filter(({ segments }) => matches(segments, wanted))
      .flatMap((route) => route.methods)
    return [...new Set(methods)].sort()
  }
}

function matches(segments: readonly string[], wanted: readonly string[]): boolean {
  if (segments.at(-1) === '*') {
    return (
      wanted.length >= segments.length &&
      matches(segments.slice(0, -1), wanted.slice(0, segments.length - 1))
    )
  }
  if (segments.length !== wanted.length) return false
  return segments.every((segment, index) => segment.startsWith(':') || segment === wanted[index])
}
