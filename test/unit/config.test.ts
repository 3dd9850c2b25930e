import { expect, test } from 'vitest'
import { ConfigError, loadConfig } from '../../src/config.ts'

const NAUTOBOT = {
  NAUTOBOT_URL: 'https://nautobot.example.com/',
  NAUTOBOT_TOKEN: 'canary-token'
}
const PROD = { AI_OPS_ENV: 'PROD', ...NAUTOBOT, REDIS_URL: 'redis://:canary-password@redis:6379' }

function problemsOf(environment: Record<string, string>): Record<string, string> {
  try {
    loadConfig(environment)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return Object.fromEntries(error.problems.map(({ variable, problem }) => [variable, problem]))
  }
  return {}
}

test('an empty environment is LAB on loopback with everything embedded', () => {
  expect(loadConfig({})).toMatchObject({
    environment: 'LAB',
    host: '127.0.0.1',
    port: 3900,
    nautobot: undefined,
    redisUrl: undefined,
    openAi: undefined,
    azureOpenAi: undefined,
    warnings: []
  })
})

test('PROD listens everywhere and takes its addresses without a trailing slash', () => {
  expect(loadConfig(PROD)).toMatchObject({
    environment: 'PROD',
    host: '0.0.0.0',
    nautobot: {
      url: 'https://nautobot.example.com',
      publicUrl: 'https://nautobot.example.com'
    },
    tls: { verify: true, mayDisable: false }
  })
})

test.each(['NONPROD', 'PROD'])('%s refuses to start and names every missing variable', (name) => {
  const problems = problemsOf({ AI_OPS_ENV: name })
  expect(Object.keys(problems)).toEqual(['NAUTOBOT_URL', 'NAUTOBOT_TOKEN', 'REDIS_URL'])
  expect(problems.NAUTOBOT_URL).toContain('is missing')
})

test('names every bad and every missing variable in one message, without values', () => {
  const environment = {
    AI_OPS_ENV: 'PROD',
    PORT: 'canary-port',
    LOG_LEVEL: 'loud',
    NAUTOBOT_URL: 'https://user:canary-url@nautobot.example.com',
    AI_OPS_MAX_RUNS: '0',
    AI_OPS_RUN_TIMEOUT_SECONDS: '1.5',
    REDIS_URL: 'http://canary-redis'
  }
  expect(() => loadConfig(environment)).toThrow(ConfigError)
  expect(Object.keys(problemsOf(environment)).sort()).toEqual([
    'AI_OPS_MAX_RUNS',
    'AI_OPS_RUN_TIMEOUT_SECONDS',
    'LOG_LEVEL',
    'NAUTOBOT_TOKEN',
    'NAUTOBOT_URL',
    'PORT',
    'REDIS_URL'
  ])
  expect(() => loadConfig(environment)).not.toThrow(/canary/)
})

test('an unknown environment is refused, not taken for LAB', () => {
  expect(problemsOf({ AI_OPS_ENV: 'prod' })).toEqual({
    AI_OPS_ENV: 'must be LAB, NONPROD or PROD'
  })
})

test('an empty variable counts as unset', () => {
  expect(loadConfig({ PORT: '', AI_OPS_ENV: ' ', NAUTOBOT_URL: '' }).port).toBe(3900)
})

test('LAB with a Nautobot demands the token of a service account', () => {
  const { NAUTOBOT_URL } = NAUTOBOT
  expect(Object.keys(problemsOf({ NAUTOBOT_URL }))).toEqual(['NAUTOBOT_TOKEN'])
})

test.each([
  ['PROD', {}, true],
  ['PROD', { NODE_EXTRA_CA_CERTS: '/ca.pem' }, true],
  ['NONPROD', {}, true],
  ['NONPROD', { NODE_EXTRA_CA_CERTS: '/ca.pem' }, false],
  ['LAB', {}, false]
])('TLS verification off in %s with %j is refused: %s', (name, more, isRefused) => {
  const base = { ...PROD, ...more, AI_OPS_ENV: name }
  const ours = problemsOf({ ...base, AI_OPS_VERIFY_TLS: 'false' })
  const nodes = problemsOf({ ...base, NODE_TLS_REJECT_UNAUTHORIZED: '0' })
  expect(Object.keys(ours)).toEqual(isRefused ? ['AI_OPS_VERIFY_TLS'] : [])
  expect(Object.keys(nodes)).toEqual(isRefused ? ['NODE_TLS_REJECT_UNAUTHORIZED'] : [])
})

test('TLS verification off in LAB comes with a warning', () => {
  const { tls, warnings } = loadConfig({ AI_OPS_VERIFY_TLS: 'false' })
  expect(tls).toMatchObject({ verify: false, mayDisable: true })
  expect(warnings).toHaveLength(1)
})

test('half an Azure OpenAI is refused and its other half named', () => {
  expect(Object.keys(problemsOf({ AZURE_OPENAI_API_KEY: 'key' }))).toEqual([
    'AZURE_OPENAI_ENDPOINT',
    'AZURE_OPENAI_DEPLOYMENT'
  ])
})

test('a compatible server has to be told its model, OpenAI has a default', () => {
  const OPENAI_BASE_URL = 'http://127.0.0.1:11434/v1'
  expect(Object.keys(problemsOf({ OPENAI_BASE_URL }))).toEqual(['OPENAI_MODEL'])
  expect(loadConfig({ OPENAI_BASE_URL, OPENAI_MODEL: 'small' }).openAi).toMatchObject({
    address: OPENAI_BASE_URL,
    model: 'small',
    apiKey: undefined
  })
  expect(loadConfig({ OPENAI_API_KEY: 'key' }).openAi).toMatchObject({ address: '' })
})

test('models of the environment are for LAB only', () => {
  expect(loadConfig({ ...PROD, OPENAI_API_KEY: 'key' }).openAi).toBeUndefined()
})

test('takes MCP servers from the environment in LAB, and refuses them elsewhere', () => {
  const AI_OPS_MCP_SERVERS = '[{"name":"Tickets","url":"http://127.0.0.1:9/mcp","token":"canary"}]'
  const [server] = loadConfig({ AI_OPS_MCP_SERVERS }).mcpServers
  expect(server).toMatchObject({ name: 'Tickets', url: 'http://127.0.0.1:9/mcp' })
  expect(server?.token?.reveal()).toBe('canary')
  expect(Object.keys(problemsOf({ ...PROD, AI_OPS_MCP_SERVERS }))).toEqual(['AI_OPS_MCP_SERVERS'])
})

test.each([
  '{',
  '{}',
  '[{"name":"a"}]',
  '[{"name":"a","url":"file:///x"}]',
  JSON.stringify(Array(21).fill({ name: 'a', url: 'http://a' }))
])('refuses %s as a list of MCP servers', (AI_OPS_MCP_SERVERS) => {
  expect(Object.keys(problemsOf({ AI_OPS_MCP_SERVERS }))).toEqual(['AI_OPS_MCP_SERVERS'])
})

test('times are milliseconds and sizes bytes', () => {
  const { limits } = loadConfig({
    AI_OPS_RUN_TIMEOUT_SECONDS: '90',
    AI_OPS_MAX_TOOL_RESULT_KIB: '2'
  })
  expect(limits).toMatchObject({ runTimeoutMs: 90_000, maxToolResultBytes: 2048 })
})

test('prints none of its secrets and cannot be changed', () => {
  const config = loadConfig(PROD)
  expect(JSON.stringify(config)).not.toContain('canary')
  expect(config.nautobot?.token.reveal()).toBe('canary-token')
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config.limits)).toBe(true)
})

test('takes trusted proxies as addresses and ranges, and nothing looser', () => {
  const AI_OPS_TRUSTED_PROXIES = '10.0.0.0/8, 192.0.2.1,fd00::/8'
  expect(loadConfig({ AI_OPS_TRUSTED_PROXIES }).trustedProxies).toEqual([
    '10.0.0.0/8',
    '192.0.2.1',
    'fd00::/8'
  ])
  for (const bad of ['true', '*', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/8,']) {
    expect(Object.keys(problemsOf({ AI_OPS_TRUSTED_PROXIES: bad }))).toEqual([
      'AI_OPS_TRUSTED_PROXIES'
    ])
  }
})
