import { beforeAll, expect, it } from 'vitest'
import { type Manifest, render, type ValuesName, VERSIONS, values } from './support/chart.ts'
import { ensureHelm } from './support/helm.ts'

beforeAll(async () => {
  for (const version of VERSIONS) await ensureHelm(version)
}, 300_000)

async function find(name: ValuesName, kind: string, ...args: string[]) {
  const manifests = await render(4, [...values(name), ...args])
  return manifests.find((manifest) => manifest.kind === kind)
}

/** The pod that the sidecar's deployment makes. */
async function templateOf(name: ValuesName, ...args: string[]) {
  const deployment = await find(name, 'Deployment', ...args)
  const { template } = Object(deployment?.spec) as {
    template: { metadata: { annotations: Record<string, string> }; spec: PodSpec }
  }
  return template
}

interface PodSpec {
  readonly securityContext?: unknown
  readonly automountServiceAccountToken?: boolean
  readonly containers: readonly {
    readonly securityContext?: unknown
    readonly resources?: unknown
  }[]
}

function podOf({ kind, spec }: Manifest): PodSpec | undefined {
  if (kind === 'Pod') return spec as PodSpec
  if (kind === 'Deployment') return (spec as { template: { spec: PodSpec } }).template.spec
  return undefined
}

it.each(['lab', 'one-replica', 'production'] as const)(
  'keeps every pod of %s within the restricted pod security standard',
  async (name) => {
    const pods = (await render(4, values(name))).flatMap((manifest) => podOf(manifest) ?? [])
    expect(pods.length).toBeGreaterThan(1)
    for (const pod of pods) {
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }
      })
      for (const container of pod.containers)
        expect(container).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] }
          },
          resources: { requests: expect.anything(), limits: { memory: expect.anything() } }
        })
    }
  }
)

it("on Nautobot's host exposes the doors of the API alone", async () => {
  const ingress = await find('one-replica', 'Ingress')
  const { rules } = Object(ingress?.spec) as { rules: { http: { paths: { path: string }[] } }[] }
  const paths = rules.flatMap(({ http }) => http.paths.map(({ path }) => path))
  expect(paths).toHaveLength(1)
  const pattern = new RegExp(`^${paths[0]}`, 'i')

  expect(ingress?.metadata.annotations).toMatchObject({
    'nginx.ingress.kubernetes.io/rewrite-target': '/$1'
  })
  expect('/ai-ops/api/v1/chat'.match(pattern)?.[1]).toBe('api/v1/chat')
  expect('/ai-ops/mcp'.match(pattern)?.[1]).toBe('mcp')
  for (const path of ['/', '/docs', '/ai-ops', '/ai-ops/', '/ai-ops/docs', '/ai-ops/metrics'])
    expect(path).not.toMatch(pattern)
  expect('/ai-ops/apidocs').not.toMatch(pattern)
  expect('/api/dcim/devices/').not.toMatch(pattern)
})

it('grows with its load, and leaves a pod standing', async () => {
  expect((await find('production', 'HorizontalPodAutoscaler'))?.spec).toMatchObject({
    scaleTargetRef: { kind: 'Deployment', name: 'ai-ops-nautobot-ai-ops' },
    minReplicas: 3,
    maxReplicas: 6
  })
  expect((await find('production', 'PodDisruptionBudget'))?.spec).toMatchObject({
    maxUnavailable: 1
  })
  expect(await find('lab', 'PodDisruptionBudget')).toBeUndefined()
})

it('lets in whom the values name, with its own test, and out where they say', async () => {
  const at = (name: string) => ({
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } }
  })
  const policy = await find('production', 'NetworkPolicy')
  expect(policy?.spec).toMatchObject({
    policyTypes: ['Ingress', 'Egress'],
    ingress: [
      {
        from: [
          ...[at('ingress-nginx'), at('nautobot'), at('monitoring')],
          {
            podSelector: {
              matchLabels: (await find('production', 'Pod'))?.metadata.labels
            }
          }
        ]
      }
    ],
    egress: [{ ports: [{ port: 53 }, { port: 53 }] }, { to: [at('nautobot')] }, {}, {}]
  })
})

it('spreads pods over nodes, or as the values say', async () => {
  const spreadOf = async (name: ValuesName) => (await templateOf(name)).spec
  const labelSelector = { matchLabels: { 'app.kubernetes.io/name': 'nautobot-ai-ops' } }
  expect(await spreadOf('lab')).toMatchObject({
    topologySpreadConstraints: [{ topologyKey: 'kubernetes.io/hostname', labelSelector }]
  })
  expect(await spreadOf('production')).toMatchObject({
    topologySpreadConstraints: [{ topologyKey: 'topology.kubernetes.io/zone', labelSelector }]
  })
})

it('restarts pods when their configuration changes', async () => {
  const checksumOf = async (...args: string[]) => {
    const { metadata } = await templateOf('production', ...args)
    return metadata.annotations['checksum/config']
  }
  const before = await checksumOf()
  expect(await checksumOf('--set', 'service.port=81')).toBe(before)
  expect(await checksumOf('--set', 'config.LOG_LEVEL=debug')).not.toBe(before)
})

it('gives a pod the time of its drain, and a little', async () => {
  const spec = (await find('production', 'Deployment', '--set', 'drainSeconds=100'))?.spec
  expect(spec).toMatchObject({ template: { spec: { terminationGracePeriodSeconds: 110 } } })
})

it('reaches a proxy and a Redis to try out by what it is told', async () => {
  const manifests = await render(4, values('one-replica'))
  const names = manifests
    .filter(({ kind }) => kind === 'Service')
    .map(({ metadata }) => metadata.name)
  const deployment = manifests.find(
    ({ kind, metadata }) => kind === 'Deployment' && !metadata.name.endsWith('-redis')
  )
  expect(names).toContain('ai-ops-nautobot-ai-ops-redis')
  expect(podOf(deployment as Manifest)?.containers[0]).toMatchObject({
    env: [
      { name: 'NAUTOBOT_TOKEN' },
      { name: 'REDIS_URL', value: 'redis://ai-ops-nautobot-ai-ops-redis:6379' },
      { name: 'HTTP_PROXY', valueFrom: { secretKeyRef: { name: 'company-proxy', key: 'http' } } }
    ]
  })
})
