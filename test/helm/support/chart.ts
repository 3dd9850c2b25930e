import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { type HelmVersion, helm } from './helm.ts'

export const chart = join(import.meta.dirname, '../../../helm')
export const VERSIONS: readonly HelmVersion[] = [3, 4]
/** Files of `ci/`. */
export const VALUES = ['lab', 'one-replica', 'production'] as const
export type ValuesName = (typeof VALUES)[number]

export interface Manifest {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: {
    readonly name: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: unknown
}

export const values = (name: ValuesName) => ['--values', join(chart, 'ci', `${name}-values.yaml`)]

export async function renderText(version: HelmVersion, args: readonly string[]): Promise<string> {
  const { code, output } = await helm(version, ['template', 'ai-ops', chart, ...args])
  if (code !== 0) throw new Error(output)
  return output
}

export async function render(version: HelmVersion, args: readonly string[]): Promise<Manifest[]> {
  const documents = parseAllDocuments(await renderText(version, args))
  return documents.map((document) => document.toJS() as Manifest)
}
