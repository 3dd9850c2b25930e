import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { describeEnvironment } from '../../src/config-schema.ts'
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

const both = VERSIONS.flatMap((version) => ['lab', 'production'].map((name) => ({ version, name })))

it.each(both)('passes helm $version lint with the $name values', async ({ version, name }) => {
  const { code, output } = await helm(version, ['lint', '--strict', chart, ...values(name)])
  expect({ code, output }).toMatchObject({ code: 0 })
})

it.each(both)('renders with helm $version and the $name values', async ({ version, name }) => {
  const kinds = (await render(version, values(name))).map(({ kind }) => kind).sort()
  const common = ['ConfigMap', 'Deployment', 'Service', 'ServiceAccount']
  expect(kinds).toEqual(name === 'lab' ? common : [...common, 'Ingress'].sort())
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

it('sets only variables that the service knows', async () => {
  const known = describeEnvironment()
  const manifests = await render(4, values('production'))
  const names = Object.keys(manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {})

  expect(names).toContain('AI_OPS_MAX_RUNS')
  expect(names.filter((name) => !known.includes(`\`${name}\``))).toEqual([])
})

it.each([
  [['--set', 'replicaCuont=2'], 'replicaCuont'],
  [['--set', 'environment=STAGING'], 'environment'],
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
