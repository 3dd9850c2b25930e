import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { LOOPBACK_CERTIFICATE } from '../fixtures/loopback-certificate.ts'
import { refuse } from '../support/model-steps.ts'
import { freePort } from '../support/ports.ts'
import { startProcess } from '../support/processes.ts'
import type { RunningRedis } from '../support/redis.ts'
import { json } from '../support/wire-server.ts'
import {
  ailments,
  CANARY,
  SERVICE_TOKEN,
  startDoctorWorld,
  startOwnRedis
} from './support/doctor-world.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const APP = '/api/plugins/ai-ops'

let redis: RunningRedis

beforeAll(async () => {
  redis = await startOwnRedis('--appendonly', 'yes')
})

afterAll(() => redis.stop())

/** A Redis of one test. */
async function redisWith(...settings: string[]): Promise<string> {
  const own = await startOwnRedis(...settings)
  onTestFinished(own.stop)
  return own.url
}

async function runDoctor(env: Record<string, string>, ...args: string[]) {
  const { PATH } = process.env
  const running = startProcess({
    command: process.execPath,
    args: [join(CHECKOUT, 'src/doctor.ts'), ...args],
    env: { PATH, ...env },
    cwd: CHECKOUT
  })
  return { code: await running.exited, output: running.output() }
}

test('finds nothing wrong where all is well, and says so to people and to scripts', async () => {
  const { variables } = await startDoctorWorld(redis)
  expect(await ailments(variables)).toEqual([])

  const lines = await runDoctor(variables)
  expect(lines).toMatchObject({ code: 0 })
  for (const check of ['configuration', 'nautobot', 'rights', 'event channel', 'redis policy'])
    expect(lines.output).toMatch(new RegExp(`^ok    ${check} `, 'm'))
  expect(lines.output).toMatch(/^ok {4}model gpt-prod +It streams its answers and calls tools\.$/m)
  expect(lines.output).toMatch(/^ok {4}server everything +It answers, and has \d+ tools\.$/m)

  const { code, output } = await runDoctor(variables, '--json')
  expect({ code, ...JSON.parse(output) }).toMatchObject({ code: 0, state: 'ok' })
})

test('examines LAB, which stands on its own', async () => {
  expect(await ailments({ OLLAMA_HOST: 'off' })).toEqual([])
})

test('ends with 1 for what should be looked at, and with 2 for what does not work', async () => {
  const { variables } = await startDoctorWorld(redis)
  const forgetful = await runDoctor({ ...variables, REDIS_URL: await redisWith() })
  expect(forgetful).toMatchObject({ code: 1 })
  expect(forgetful.output).toMatch(/^warn {2}redis persistence .*Switch appendonly on\.$/m)

  const misspelt = await runDoctor({ ...variables, AI_OPS_MAX_RUN: CANARY }, '--json')
  expect(misspelt).toMatchObject({ code: 2 })
  expect(misspelt.output).not.toContain(CANARY)
  expect(JSON.parse(misspelt.output)).toMatchObject({ state: 'fail' })

  expect(await runDoctor(variables, '--jsno')).toMatchObject({ code: 2 })
})

test('names an unknown variable', async () => {
  const { variables } = await startDoctorWorld(redis)
  expect(await ailments({ ...variables, AI_OPS_MAX_RUN: '3' })).toEqual([
    expect.stringMatching(/^fail configuration: AI_OPS_MAX_RUN is no variable of this service/)
  ])
})

test('names a file of authorities that cannot be read', async () => {
  const { variables } = await startDoctorWorld(redis)
  const path = '/nonexistent/ca.crt'
  expect(await ailments({ ...variables, NODE_EXTRA_CA_CERTS: path })).toEqual([
    expect.stringContaining('The file in NODE_EXTRA_CA_CERTS cannot be read')
  ])
})

test('names a wrong password of Redis', async () => {
  const { variables } = await startDoctorWorld(redis)
  const url = await redisWith('--requirepass', 'right', '--appendonly', 'yes')
  const at = (login: string) => ({ ...variables, REDIS_URL: url.replace('//', `//${login}`) })

  expect(await ailments(at(`:${CANARY}@`))).toEqual([
    'fail redis: Redis refuses the user name or the password.'
  ])
  expect(await ailments(at(''))).toEqual(['fail redis: Redis demands a password.'])
  expect(await ailments(at(':right@'))).toEqual([])
})

test('names a Redis that is not there', async () => {
  const { variables } = await startDoctorWorld(redis)
  const gone = `redis://:${CANARY}@127.0.0.1:${await freePort()}`
  expect(await ailments({ ...variables, REDIS_URL: gone })).toEqual([
    'fail redis: The connection is refused.'
  ])
})

test('names a Redis that throws conversations away, and one that keeps nothing', async () => {
  const { variables } = await startDoctorWorld(redis)
  const limit = ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru']
  expect(await ailments({ ...variables, REDIS_URL: await redisWith(...limit) })).toEqual([
    'fail redis policy: It throws conversations away when it is full: allkeys-lru.',
    'warn redis persistence: It keeps nothing: its restart ends all conversations and runs.'
  ])
})

test('names an ACL that is too narrow', async () => {
  const { variables } = await startDoctorWorld(redis)
  const user = ['--user', 'ai-ops', 'on', `>${CANARY}`, '~other:*', '&other:*', '+@all']
  const url = await redisWith('--appendonly', 'yes', ...user)
  const address = url.replace('//', `//ai-ops:${CANARY}@`)
  expect(await ailments({ ...variables, REDIS_URL: address })).toEqual([
    "fail redis rights: The account's ACL forbids commands of the service.",
    "fail event channel: The account's ACL forbids commands of the service."
  ])
})

test('is content with the ACL that it recommends', async () => {
  const { variables } = await startDoctorWorld(redis)
  const rules = '~ai-ops:default:* resetchannels &ai-ops:default:* +@all -@dangerous +info'
  const user = ['--user', 'ai-ops', 'on', `>${CANARY}`, ...rules.split(' ')]
  const url = await redisWith('--appendonly', 'yes', ...user)
  const address = url.replace('//', `//ai-ops:${CANARY}@`)
  expect(await ailments({ ...variables, REDIS_URL: address })).toEqual([])
})

test('names a Nautobot that is down', async () => {
  const { variables } = await startDoctorWorld(redis)
  const url = `http://127.0.0.1:${await freePort()}`
  expect(await ailments({ ...variables, NAUTOBOT_URL: url })).toEqual([
    'fail nautobot: Nothing answers at NAUTOBOT_URL: the connection is refused.'
  ])
})

test('names a host name that nobody knows', async () => {
  const { variables } = await startDoctorWorld(redis)
  const NAUTOBOT_URL = 'http://nautobot.invalid'
  expect(await ailments({ ...variables, NAUTOBOT_URL })).toEqual([
    'fail nautobot name: The host name nautobot.invalid is unknown here.'
  ])
})

test('names a certificate that is not trusted', async () => {
  const { variables } = await startDoctorWorld(redis)
  const server = createServer(LOOPBACK_CERTIFICATE)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const NAUTOBOT_URL = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  expect(await ailments({ ...variables, NAUTOBOT_URL })).toEqual([
    'fail nautobot certificate: It cannot be used: its TLS certificate is self-signed.'
  ])
})

test('names a proxy that does not answer', async () => {
  const { variables } = await startDoctorWorld(redis)
  const port = await freePort()
  const HTTP_PROXY = `http://user:${CANARY}@127.0.0.1:${port}`
  const NAUTOBOT_URL = 'http://nautobot.example.com'
  expect(await ailments({ ...variables, NAUTOBOT_URL, HTTP_PROXY })).toEqual([
    `fail proxy: The proxy 127.0.0.1, port ${port}, cannot be used: the connection was refused.`
  ])
})

test('names a wrong token of the service account', async () => {
  const { variables } = await startDoctorWorld(redis)
  const NAUTOBOT_TOKEN = `${CANARY}-wrong`
  expect(await ailments({ ...variables, NAUTOBOT_TOKEN })).toEqual([
    'fail service account: Nautobot does not accept the token in NAUTOBOT_TOKEN.'
  ])
})

test('names a Nautobot without the app', async () => {
  const { variables, intercept } = await startDoctorWorld(redis)
  intercept(({ path }, response) => {
    if (path.startsWith(APP)) json(response, 404, { detail: 'Not found.' })
  })
  expect(await ailments(variables)).toEqual(['fail nautobot app: This Nautobot has no AI Ops app.'])
})

test('names an app of another release, and a Nautobot that is too old', async () => {
  const { variables, intercept } = await startDoctorWorld(redis)
  const status = { 'nautobot-version': '2.4.1', 'nautobot-apps': { nautobot_ai_ops: '0.0.9' } }
  intercept(({ path }) => (path === '/api/status/' ? status : undefined))
  expect(await ailments(variables)).toEqual([
    'fail nautobot version: It is 2.4.1.',
    'warn nautobot app: It is 0.0.9, and this service 0.1.0.'
  ])
})

test('names rights that the service account lacks', async () => {
  const { variables, intercept } = await startDoctorWorld(redis)
  const forbidden = [`${APP}/system-prompts/`, `${APP}/token-exchange/`]
  intercept(({ path }, response) => {
    if (forbidden.includes(path)) json(response, 403, { detail: 'You do not have permission.' })
  })
  expect(await ailments(variables)).toEqual([
    'fail rights: The service account lacks: view system prompts, exchange_token.',
    'fail catalog: Nautobot does not permit this to the service account.'
  ])
})

test.each([
  [{ is_superuser: true }, 'warn', 'is a superuser: whoever has its token has all of Nautobot.'],
  [{ scopes: ['chat'] }, 'warn', 'may also: chat of LLM models.'],
  [{ write_enabled: false }, 'fail', 'is read-only, so no user can be identified.'],
  [{ exchanged: true }, 'fail', 'is a token that this service got for a user.']
])('names an account with %o', async (differences, state, said) => {
  const { variables, intercept } = await startDoctorWorld(redis)
  const account = {
    ...{ username: 'ai-ops-service', is_superuser: false, write_enabled: true },
    ...{ exchanged: false, scopes: [], ...differences }
  }
  intercept(({ path }) => (path === `${APP}/whoami/` ? account : undefined))
  const [only, ...more] = await ailments(variables)
  expect(more).toEqual([])
  expect(only).toMatch(new RegExp(`^${state} rights: .*${said}$`))
})

test('names an account that may read the network', async () => {
  const { variables, intercept } = await startDoctorWorld(redis)
  const page = { count: 1, results: [{}] }
  intercept(({ path }) => (path === '/api/dcim/devices/' ? page : undefined))
  expect(await ailments(variables)).toEqual([
    'warn rights: The service account may also: view devices.'
  ])
})

test('names a key that its provider refuses', async () => {
  const { variables, model } = await startDoctorWorld(redis)
  model.answer(() => [refuse(401, { body: { error: { message: `no ${CANARY}-key` } } })])
  expect(await ailments(variables)).toEqual([
    'fail model gpt-prod: The provider refuses the key (401): check the secrets group.'
  ])
})

test('names an MCP server that is dead', async () => {
  const { variables, tools } = await startDoctorWorld(redis)
  await tools.stop()
  expect(await ailments(variables)).toEqual([
    expect.stringMatching(/^fail server everything: It cannot be used: /)
  ])
})

test('names all that is wrong at once', async () => {
  const { variables } = await startDoctorWorld(redis)
  const gone = `redis://127.0.0.1:${await freePort()}`
  const found = await ailments({ ...variables, REDIS_URL: gone, NAUTOBOT_TOKEN: SERVICE_TOKEN + 1 })
  expect(found).toEqual([
    'fail redis: The connection is refused.',
    'fail service account: Nautobot does not accept the token in NAUTOBOT_TOKEN.'
  ])
})
