import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../src/config.ts'
import type { Manifest } from './support/chart.ts'
import { chart, render, VALUES, VERSIONS, values } from './support/chart.ts'
import { ensureHelm, helm } from './support/helm.ts'

beforeAll(async () => {
  for (const version of VERSIONS) await ensureHelm(version)
}, 300_000)

const configOf = (manifests: readonly Manifest[]) =>
  manifests.find(({ kind, data }) => kind === 'ConfigMap' && data?.AI_OPS_ENV)?.data ?? {}

const isMap = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const FURTHER: Readonly<Record<(typeof VALUES)[number], readonly string[]>> = {
  lab: [],
  'one-replica': ['Deployment', 'Service', 'NetworkPolicy'],
  production: [
    ...['ConfigMap', 'HorizontalPodAutoscaler', 'NetworkPolicy', 'PodDisruptionBudget'],
    ...['PrometheusRule', 'ServiceMonitor']
  ]
}

const both = VERSIONS.flatMap((version) => VALUES.map((name) => ({ version, name })))

it.each(both)('passes helm $version lint with the $name values', async ({ version, name }) => {
  const { code, output } = await helm(version, ['lint', '--strict', chart, ...values(name)])
  expect({ code, output }).toMatchObject({ code: 0 })
})

it.each(both)('renders with helm $version and the $name values', async ({ version, name }) => {
  const kinds = (await render(version, values(name))).map(({ kind }) => kind).sort()
  const common = ['ConfigMap', 'Deployment', 'Ingress', 'Pod', 'Service', 'ServiceAccount']
  expect(kinds).toEqual([...common, ...FURTHER[name]].sort())
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

it.each([
  ['lab', 'LAB'],
  ['one-replica', 'NONPROD'],
  ['production', 'PROD']
] as const)('sets only variables that the service takes, for %s', async (name, environment) => {
  const data = configOf(await render(4, values(name)))
  const secrets = name === 'lab' ? {} : { NAUTOBOT_TOKEN: 'token', REDIS_URL: 'redis://redis' }

  expect(loadConfig({ ...data, ...secrets }).environment).toBe(environment)
})

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
          { volumeMounts: [{ name: 'tmp' }, { name: 'ca-bundle', mountPath: '/etc/ai-ops/ca' }] }
        ],
        volumes: [{ name: 'tmp' }, { name: 'ca-bundle', configMap: { name: 'company-ca' } }]
      }
    }
  })
})

it.each([
  ['one-replica', { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }],
  ['lab', { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }]
] as const)(
  'with the %s values runs two pods that take questions only where they share their runs',
  async (name, { rollingUpdate }) => {
    const manifests = await render(4, values(name))
    expect(manifests.find(({ kind }) => kind === 'Deployment')?.spec).toMatchObject({
      replicas: 1,
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
  [['--set', 'redis.existingSecret='], 'redis.existingSecret is missing'],
  [['--set', 'redis.existingSecret=', '--set', 'redis.tryOut.enabled=true'], 'PROD must not'],
  [['--set', 'redis.tryOut.enabled=true'], 'there is a redis.existingSecret already'],
  [['--set', 'config.REDIS_URL=redis://:key@redis'], 'config.REDIS_URL holds a secret'],
  [['--set', 'config.AI_OPS_DRAIN_SECONDS=3'], 'use drainSeconds'],
  [['--set', 'networkPolicy.egress=null'], 'networkPolicy.egress is missing'],
  [['--set', 'autoscaling.maxReplicas=2'], 'more than autoscaling.maxReplicas'],
  [['--set', 'metrics.serviceMonitor.intervall=5s'], 'intervall'],
  [['--set', 'resources.limit.memory=1Gi'], 'limit'],
  [['--set', 'image.digest=latest'], 'digest'],
  [['--set', 'ingress.pathOnNautobot=ai-ops'], 'pathOnNautobot']
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
