import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import { ensureHelm, type HelmVersion, helm } from './support/helm.ts'

const chart = join(import.meta.dirname, '../../helm')
const VERSIONS: readonly HelmVersion[] = [3, 4]

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: unknown
}

beforeAll(async () => {
  for (const version of VERSIONS) await ensureHelm(version)
}, 300_000)

const values = (name: string) => ['--values', join(chart, 'ci', `${name}-values.yaml`)]

async function render(version: HelmVersion, args: readonly string[]): Promise<Manifest[]> {
  const { code, output } = await helm(version, ['template', 'ai-ops', chart, ...args])
  if (code !== 0) throw new Error(output)
  return parseAllDocuments(output).map((document) => document.toJS() as Manifest)
}

const configOf = (manifests: readonly Manifest[]) =>
  manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {}

const isMap = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const both = VERSIONS.flatMap((version) => ['lab', 'production'].map((name) => ({ version, name })))

it.each(both)('passes helm $version lint with the $name values', async ({ version, name }) => {
  const { code, output } = await helm(version, ['lint', '--strict', chart, ...values(name)])
  expect({ code, output }).toMatchObject({ code: 0 })
})

it.each(both)('renders with helm $version and the $name values', async ({ version, name }) => {
  const kinds = (await render(version, values(name))).map(({ kind }) => kind).sort()
  const common = ['ConfigMap', 'Deployment', 'Service', 'ServiceAccount']
  expect(kinds).toEqual([...common, 'Ingress'].sort())
})

it('runs the pod as nobody special, on a read-only file system', async () => {
  const manifests = await render(4, values('production'))
  const deployment = manifests.find(({ kind }) => kind === 'Deployment')
  expect(deployment?.spec).toMatchObject({
    template: {
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 35,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] }
            }
          }
        ]
      }
    }
  })
})

it('takes secrets from existing ones only', async () => {
  const manifests = await render(4, values('production'))
  const deployment = JSON.stringify(manifests.find(({ kind }) => kind === 'Deployment'))

  expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([])
  expect(deployment).toContain('"secretKeyRef":{"name":"ai-ops-nautobot","key":"token"}')
  expect(deployment).toContain('"secretKeyRef":{"name":"ai-ops-redis","key":"url"}')
})

it.each(['lab', 'production'])(
  'sets only variables that the service takes, for %s',
  async (name) => {
    const data = configOf(await render(4, values(name)))
    const secrets = name === 'lab' ? {} : { NAUTOBOT_TOKEN: 'token', REDIS_URL: 'redis://redis' }

    expect(loadConfig({ ...data, ...secrets }).environment).toBe(name === 'lab' ? 'LAB' : 'PROD')
  }
)

it('lets LAB answer to the names of its ingress and its service', async () => {
  const lab = loadConfig(configOf(await render(4, [...values('lab'), '--namespace', 'tools'])))
  const production = configOf(await render(4, values('production')))

  expect(lab.allowedHosts).toEqual([
    'ai-ops-lab.example.com',
    'ai-ops-nautobot-ai-ops',
    'ai-ops-nautobot-ai-ops.tools',
    'ai-ops-nautobot-ai-ops.tools.svc',
    'ai-ops-nautobot-ai-ops.tools.svc.cluster.local'
  ])
  expect(production).not.toHaveProperty('AI_OPS_ALLOWED_HOSTS')
})

it('passes on the addresses of proxies and the files of a private authority', async () => {
  const manifests = await render(4, values('production'))
  const deployment = manifests.find(({ kind }) => kind === 'Deployment')

  expect(configOf(manifests)).toMatchObject({
    AI_OPS_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/8',
    NODE_EXTRA_CA_CERTS: '/etc/ai-ops/ca/ca.crt'
  })
  expect(deployment?.spec).toMatchObject({
    template: {
      spec: {
        containers: [
          { volumeMounts: [{ name: 'tmp' }, { name: 'ca', mountPath: '/etc/ai-ops/ca' }] }
        ],
        volumes: [{ name: 'tmp' }, { name: 'ca', configMap: { name: 'company-ca' } }]
      }
    }
  })
})

it.each([
  ['production', { replicas: 3, rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }],
  ['lab', { replicas: 1, rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }]
])(
  'with the %s values runs two pods that take questions only where they share their runs',
  async (name, { replicas, rollingUpdate }) => {
    const manifests = await render(4, values(name))
    expect(manifests.find(({ kind }) => kind === 'Deployment')?.spec).toMatchObject({
      replicas,
      strategy: { rollingUpdate },
      template: { spec: { enableServiceLinks: false } }
    })
  }
)

it('refuses a second pod without Redis', async () => {
  const args = [...values('lab'), '--set', 'replicaCount=2']
  const { code, output } = await helm(4, ['template', 'ai-ops', chart, ...args])
  expect(code).not.toBe(0)
  expect(output).toContain('redis.existingSecret is missing: more than one pod')
})

it('describes every value in its README', async () => {
  const readme = await readFile(join(chart, 'README.md'), 'utf8')
  const leaves = (value: unknown, path: readonly string[]): string[] =>
    readme.includes(`| \`${path.join('.')}\` |`)
      ? []
      : isMap(value)
        ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
        : [path.join('.')]

  const all = parse(await readFile(join(chart, 'values.yaml'), 'utf8'))
  expect(Object.entries(all).flatMap(([key, value]) => leaves(value, [key]))).toEqual([])
})

it.each([
  [['--set', 'replicaCuont=2'], 'replicaCuont'],
  [['--set', 'environment=STAGING'], 'environment'],
  [['--set', 'replicaCount=0'], 'replicaCount'],
  [['--set', 'trustedProxies=null'], 'trustedProxies is missing'],
  [['--set', 'ingress.host='], 'ingress.host is missing'],
  [['--set', 'nautobot.url='], 'nautobot.url is missing'],
  [['--set', 'redis.existingSecret='], 'redis.existingSecret is missing']
])('refuses %s', async (args, said) => {
  for (const version of VERSIONS) {
    const { code, output } = await helm(version, [
      'template',
      'ai-ops',
      chart,
      ...values('production'),
      ...args
    ])
    expect(code).not.toBe(0)
    expect(output).toContain(said)
  }
})
