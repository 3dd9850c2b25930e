import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Manifest, render, VALUES, VERSIONS, values } from './support/chart.ts'
import { ensureHelm } from './support/helm.ts'
import { ensureKubernetesValidate } from './support/judges.ts'

const run = promisify(execFile)
/** The oldest that the chart admits which the judge knows, and two that are in use. */
const KUBERNETES = ['1.27', '1.32', '1.35'] as const
/** Of the Prometheus operator, whose schemas are no part of Kubernetes. */
const isForeign = ({ apiVersion }: Manifest) => apiVersion === 'monitoring.coreos.com/v1'

let judge: string

beforeAll(async () => {
  for (const version of VERSIONS) await ensureHelm(version)
  judge = await ensureKubernetesValidate()
}, 300_000)

async function judged(version: string, files: readonly string[]): Promise<string> {
  const args = ['--strict', '--no-warn', '-k', version, ...files]
  return run(judge, args).then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr
  )
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'ai-ops-chart-'))
  onTestFinished(() => rm(made, { recursive: true }))
  return made
}

it.each(KUBERNETES)(
  'is what Kubernetes %s takes, to the letter of every field',
  async (version) => {
    const place = await folder()
    const counts: number[] = []
    const files = await Promise.all(
      VALUES.map(async (name) => {
        const manifests = (await render(4, values(name))).filter((manifest) => !isForeign(manifest))
        counts.push(manifests.length)
        const file = join(place, `${name}.json`)
        await writeFile(file, manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'))
        return file
      })
    )
    const said = await judged(version, files)

    const total = counts.reduce((sum, count) => sum + count, 0)
    expect(said.match(/passed for resource/g), said).toHaveLength(total)
    expect(said).not.toMatch(/ERROR|fail/i)
  }
)

it('is judged by one that sees a misspelt field', async () => {
  const file = join(await folder(), 'wrong.json')
  const [first] = (await render(4, values('lab'))).filter(({ kind }) => kind === 'Deployment')
  const spec = { ...(first?.spec as object), replicaCuont: 2 }
  await writeFile(file, JSON.stringify({ ...first, spec }))

  expect(await judged('1.35', [file])).toContain('replicaCuont')
})

it('renders the same with Helm 3 and 4', async () => {
  for (const name of VALUES) {
    const [three, four] = await Promise.all(
      VERSIONS.map((version) => render(version, values(name)))
    )
    const sorted = (manifests: readonly Manifest[] | undefined) =>
      (manifests ?? []).map((manifest) => JSON.stringify(manifest)).sort()
    expect(sorted(three)).toEqual(sorted(four))
  }
})
