import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LabSidecar, startLabSidecar } from '../integration/support/sidecar-lab.ts'
import { type FuzzOptions, type FuzzReport, fuzz } from '../support/schemathesis.ts'

const DOCUMENT = join(import.meta.dirname, '../../openapi/openapi.json')
const BYTES_PER_MEGABYTE = 1_000_000
const PAGE_BYTES = 4_096

export interface FuzzedService extends FuzzReport {
  /** Whether it takes questions after all that. */
  readonly isReady: boolean
  /** Lines of its log that say something broke inside. */
  readonly errors: readonly string[]
  /** Resident memory before, and after. */
  readonly megabytes: { readonly before: number; readonly after: number }
}

/** The real service in LAB, asked everything, with rate limits out of the way. */
export async function fuzzService(
  options: Omit<FuzzOptions, 'url' | 'document'>
): Promise<FuzzedService> {
  // Without a model of somebody's own, the lab model answers.
  const service = await startLabSidecar('', {
    OPENAI_MODEL: '',
    AI_OPS_RATE_LIMIT_PER_MINUTE: '1000000'
  })
  try {
    const before = residentMegabytes(service)
    const report = await fuzz({ ...options, url: service.url, document: DOCUMENT })
    const ready = await fetch(`${service.url}/readyz`)
    await ready.body?.cancel()
    const megabytes = { before, after: residentMegabytes(service) }
    return { ...report, megabytes, isReady: ready.ok, errors: errorsOf(service) }
  } finally {
    await service.stop()
  }
}

function residentMegabytes({ pid }: LabSidecar): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
  return Math.round((pages * PAGE_BYTES) / BYTES_PER_MEGABYTE)
}

/** Of the end of its log, which is what is kept of it. */
function errorsOf(service: LabSidecar): string[] {
  return service
    .logs()
    .split('\n')
    .filter((line) => line.includes('"level":"error"'))
}
