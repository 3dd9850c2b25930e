import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { createSampleNautobot } from '../../../src/lab/sample-nautobot.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { mcpServerAnswer } from '../../support/catalog-objects.ts'

/** The shim gives session tokens five minutes. */
const SESSION_SECONDS = 300
const SHIM = '/api/plugins/ai-ops'

/** The embedded sample network with many users: it signs session tokens as the shim does, and exchanges them. */
const [serviceToken = '', labToken = '', restrictedToken = ''] = Array.from({ length: 3 }, () =>
  randomUUID().replaceAll('-', '')
)
const sample = createSampleNautobot({
  serviceToken: new Secret(serviceToken),
  labToken: new Secret(labToken),
  restrictedToken: new Secret(restrictedToken)
})
const { url } = await sample.listen()
const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })

/** Beside the sample's none, as many MCP servers as asked for, at addresses below this one. */
const { MCP_SERVERS_URL, MCP_SERVERS = '0' } = process.env
const mcpServers = Array.from({ length: Number(MCP_SERVERS) }, (_, number) =>
  mcpServerAnswer(number, `plant-${number}`, {
    remote_url: `${MCP_SERVERS_URL}/${number}/mcp`,
    read_only_tools: ['*']
  })
)

const app = fastify()

app.get('/service-token', async () => ({ token: serviceToken }))

app.post<{ Body: { count: number } }>('/sessions', async ({ body }) =>
  Promise.all(Array.from({ length: body.count }, (_, user) => sessionOf(`bench-${user}`)))
)

app.get(`${SHIM}/jwks/`, async () => ({
  keys: [{ ...(await exportJWK(publicKey)), kid: 'bench' }]
}))

/** Everybody gets a token of the sample's own user, under the name of who asked. */
app.post<{ Body: { session_token: string } }>(`${SHIM}/token-exchange/`, async (request, reply) => {
  const { sub, username } = decodeJwt(request.body.session_token)
  const answer = await forward(request.url, JSON.stringify({ api_token: labToken }))
  void reply.code(answer.status)
  const rights = { mcp_servers: mcpServers.map(({ id }) => id) }
  return { ...((await answer.json()) as object), ...rights, user: { id: sub, username } }
})

if (MCP_SERVERS_URL) {
  app.get<{ Querystring: { limit: number; offset: number } }>(
    `${SHIM}/mcp-servers/`,
    async ({ query }) => {
      const [offset, limit] = [Number(query.offset ?? 0), Number(query.limit)]
      const results = mcpServers.slice(offset, offset + limit)
      return { count: mcpServers.length, next: null, previous: null, results }
    }
  )
}

app.get('*', async (request, reply) => {
  const answer = await forward(request.url, undefined, request.headers.authorization)
  void reply.code(answer.status).type(answer.headers.get('content-type') ?? 'application/json')
  return reply.send(await answer.text())
})

function forward(path: string, body?: string, authorization = `Token ${serviceToken}`) {
  const headers = { authorization, ...(body && { 'content-type': 'application/json' }) }
  return fetch(url + path, { method: body ? 'POST' : 'GET', headers, ...(body && { body }) })
}

function sessionOf(username: string): Promise<string> {
  const claims = { username, typ: 'session', scopes: ['chat'], sid: username }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid: 'bench' })
    .setIssuer('nautobot')
    .setAudience('nautobot-ai-ops')
    .setSubject(`id-${username}`)
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime(`${SESSION_SECONDS}s`)
    .sign(privateKey)
}

const address = await app.listen({ port: 0, host: '127.0.0.1' })
console.log(JSON.stringify({ address }))
