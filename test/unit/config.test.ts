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

test('a misspelt variable is refused with the nearest name, in the same message as everything else', () => {
  const misspelt = {
    AI_OPS_MAX_RUN: '3',
    AI_OPS_RUN_TIMEOUT: '3',
    AI_OPS_LOG_LEVEL: 'debug',
    AI_OPS_XYZZY: '1'
  }
  expect(problemsOf({ ...misspelt, PORT: 'none' })).toEqual({
    PORT: 'must be a whole number from 0 to 65535',
    AI_OPS_MAX_RUN: 'is no variable of this service; AI_OPS_MAX_RUNS is the nearest one',
    AI_OPS_RUN_TIMEOUT:
      'is no variable of this service; AI_OPS_RUN_TIMEOUT_SECONDS is the nearest one',
    AI_OPS_LOG_LEVEL: 'is no variable of this service; LOG_LEVEL is the nearest one',
    AI_OPS_XYZZY: 'is no variable of this service'
  })
})

test("leaves alone what development's tools and a Kubernetes service of that name set", () => {
  const others = {
    AI_OPS_CACHE_DIR: '/cache',
    AI_OPS_SERVICE_HOST: '10.0.0.1',
    AI_OPS_SERVICE_PORT_HTTP: '80',
    AI_OPS_PORT: 'tcp://10.0.0.1:80',
    AI_OPS_PORT_80_TCP_ADDR: '10.0.0.1'
  }
  expect(problemsOf(others)).toEqual({})
  expect(Object.keys(problemsOf({ AI_OPS_PORT: '80' }))).toEqual(['AI_OPS_PORT'])
})

test.each<[Record<string, string>, string[]]>([
  [{ ...PROD, OPENAI_API_KEY: 'canary' }, ['OPENAI_API_KEY']],
  [{ ...PROD, AZURE_OPENAI_ENDPOINT: 'https://a' }, ['AZURE_OPENAI_ENDPOINT']],
  [{ ...PROD, AI_OPS_ALLOWED_HOSTS: 'a' }, ['AI_OPS_ALLOWED_HOSTS']],
  [
    { NAUTOBOT_TOKEN: 'canary', NAUTOBOT_PUBLIC_URL: 'http://n' },
    ['NAUTOBOT_PUBLIC_URL', 'NAUTOBOT_TOKEN']
  ],
  [{ OPENAI_MODEL: 'small' }, ['OPENAI_MODEL']],
  [{ AZURE_OPENAI_API_VERSION: '1' }, ['AZURE_OPENAI_API_VERSION']],
  [{ OPENAI_API_KEY: 'canary', OPENAI_MODEL: 'small' }, []]
])('%j starts with a warning about what has no effect: %j', (environment, names) => {
  const { warnings } = loadConfig(environment)
  expect(warnings.map((warning) => warning.split(' ')[0])).toEqual(names)
  for (const warning of warnings) expect(warning).toMatch(/is set and has no effect: .+\.$/)
  expect(warnings.join()).not.toContain('canary')
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
])('[S5] TLS verification off in %s with %j is refused: %s', (name, more, isRefused) => {
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

test('LAB that others can reach without a login comes with a warning', () => {
  const [warning] = loadConfig({ HOST: '0.0.0.0' }).warnings
  expect(warning).toContain('whoever reaches 0.0.0.0 is the user lab')
  for (const HOST of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    expect(loadConfig({ HOST }).warnings).toEqual([])
  }
  expect(loadConfig({ ...NAUTOBOT, HOST: '0.0.0.0' }).warnings).toEqual([])
})

test('takes host names that LAB answers to, without ports', () => {
  const AI_OPS_ALLOWED_HOSTS = 'lab.example.com, ai-ops.default.svc'
  expect(loadConfig({ AI_OPS_ALLOWED_HOSTS }).allowedHosts).toEqual([
    'lab.example.com',
    'ai-ops.default.svc'
  ])
  expect(loadConfig({ ...PROD, AI_OPS_ALLOWED_HOSTS }).allowedHosts).toEqual([])
  for (const bad of ['*', 'http://a', 'a:80', 'a,,b', 'a/b']) {
    expect(Object.keys(problemsOf({ AI_OPS_ALLOWED_HOSTS: bad }))).toEqual(['AI_OPS_ALLOWED_HOSTS'])
  }
})

test.each([
  [undefined, 'http://127.0.0.1:11434'],
  ['0.0.0.0', 'http://127.0.0.1:11434'],
  [':1234', 'http://127.0.0.1:1234'],
  ['ollama.local', 'http://ollama.local:11434'],
  ['https://ollama.example.com/', 'https://ollama.example.com'],
  ['off', undefined],
  [' ', undefined]
])('OLLAMA_HOST %j looks for an Ollama at %s', (OLLAMA_HOST, address) => {
  expect(loadConfig({ OLLAMA_HOST }).ollamaAddress).toBe(address)
  expect(loadConfig({ ...PROD, OLLAMA_HOST }).ollamaAddress).toBeUndefined()
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
  expect(server && 'token' in server && server.token?.reveal()).toBe('canary')
  expect(Object.keys(problemsOf({ ...PROD, AI_OPS_MCP_SERVERS }))).toEqual(['AI_OPS_MCP_SERVERS'])
})

test('[S12] takes programs to start from the environment in LAB, and refuses them elsewhere', () => {
  const program = { name: 'files', command: ['npx', 'a-server'], env: { ROOT: '/tmp' } }
  const AI_OPS_MCP_SERVERS = JSON.stringify([program])
  expect(loadConfig({ AI_OPS_MCP_SERVERS }).mcpServers).toMatchObject([program])
  for (const AI_OPS_ENV of ['NONPROD', 'PROD']) {
    const problems = problemsOf({ ...PROD, AI_OPS_ENV, AI_OPS_MCP_SERVERS })
    expect(Object.keys(problems)).toEqual(['AI_OPS_MCP_SERVERS'])
  }
})

test('takes which of their tools run unasked from the environment; none where nothing is said', () => {
  const servers = [
    { name: 'a', url: 'http://127.0.0.1:9/mcp' },
    {
      name: 'b',
      url: 'http://127.0.0.1:9/mcp',
      readOnlyTools: ['get_*'],
      approvalTools: ['get_key']
    }
  ]
  const [one, two] = loadConfig({ AI_OPS_MCP_SERVERS: JSON.stringify(servers) }).mcpServers
  expect(one).toMatchObject({ readOnlyTools: [], approvalTools: [] })
  expect(two).toMatchObject({ readOnlyTools: ['get_*'], approvalTools: ['get_key'] })
})

test.each([
  '{',
  '{}',
  '[{"name":"a","url":"http://a","readOnlyTools":"*"}]',
  '[{"name":"a","url":"http://a","readOnlyTools":[""]}]',
  JSON.stringify([{ name: 'a', url: 'http://a', approvalTools: Array(201).fill('a') }]),
  '[{"name":"a"}]',
  '[{"name":"a","command":[]}]',
  '[{"name":"a","command":"rm -rf /"}]',
  '[{"name":"a","command":["a"],"url":"http://a"}]',
  '[{"name":"a","url":"http://a","transport":"stdio"}]',
  JSON.stringify([{ name: 'a', command: Array(51).fill('a') }]),
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

test('takes a proxy with a login, which nothing prints, and where the service may go', () => {
  const { proxy, egressAllow, entraAuthority } = loadConfig({
    HTTP_PROXY: 'http://user:canary-word@proxy.example:3128',
    NO_PROXY: '10.0.0.0/8,.example',
    AI_OPS_EGRESS_ALLOW: 'api.openai.com, *.openai.azure.com,10.0.0.0/8, 2001:db8::1',
    AI_OPS_ENTRA_AUTHORITY: 'https://login.microsoftonline.us/'
  })
  expect(proxy.http?.reveal()).toContain('canary-word')
  expect(JSON.stringify(proxy)).not.toContain('canary-word')
  expect(egressAllow).toEqual(['api.openai.com', '*.openai.azure.com', '10.0.0.0/8', '2001:db8::1'])
  expect(entraAuthority).toBe('https://login.microsoftonline.us')
  expect(loadConfig({}).entraAuthority).toBe('https://login.microsoftonline.com')
})

test.each([
  ['HTTP_PROXY', 'http://proxy.example/path'],
  ['HTTPS_PROXY', 'socks5://proxy.example'],
  ['AI_OPS_EGRESS_ALLOW', 'https://api.openai.com'],
  ['AI_OPS_EGRESS_ALLOW', 'api.*.com'],
  ['AI_OPS_EGRESS_ALLOW', '10.0.0.0/33'],
  ['AI_OPS_EGRESS_ALLOW', '*']
])('refuses %s=%s', (name, value) => {
  expect(Object.keys(problemsOf({ [name]: value }))).toEqual([name])
})

test.each([
  [undefined, 0],
  ['0', 0],
  ['0.25', 0.25]
])('takes %j as the cost that one run may have', (cost, maxRunCost) => {
  expect(loadConfig({ AI_OPS_MAX_RUN_COST: cost }).limits).toMatchObject({ maxRunCost })
})

test.each(['-1', 'much', '1000001'])('refuses %j as the cost that one run may have', (cost) => {
  expect(problemsOf({ AI_OPS_MAX_RUN_COST: cost })).toEqual({
    AI_OPS_MAX_RUN_COST: 'must be a number from 0 to 1000000'
  })
})

test('traces are sent where an OpenTelemetry collector is named, and not without one', () => {
  expect(loadConfig({ OTEL_SERVICE_NAME: 'mine' }).tracing).toBeUndefined()
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }
  expect(loadConfig({ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }).tracing).toBeUndefined()
  const { tracing } = loadConfig({
    ...endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=canary-key',
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0.25'
  })
  expect(tracing).toMatchObject({
    endpoint: 'http://collector:4318',
    protocol: 'http/protobuf',
    serviceName: 'nautobot-ai-ops',
    sampler: 'parentbased_traceidratio',
    samplerRatio: 0.25,
    capturesContent: false
  })
  expect(JSON.stringify(tracing)).not.toContain('canary')
})

test('what OpenTelemetry would take and this service does not is a problem, not a silence', () => {
  const problems = problemsOf({
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'jaeger_remote',
    OTEL_TRACES_SAMPLER_ARG: '2',
    OTEL_BSP_SCHEDULE_DELAY: '1'
  })
  expect(Object.keys(problems)).toHaveLength(4)
  expect(problems.OTEL_EXPORTER_OTLP_PROTOCOL).toBe('must be one of http/protobuf, http/json')
})
