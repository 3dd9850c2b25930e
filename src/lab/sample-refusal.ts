import { FilterError, NotInSampleError } from './sample-filters.ts'

/** An answer other than success, as Nautobot gives it. */
export class SampleRefusal extends Error {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(`answered with ${status}`)
    this.status = status
    this.body = body
  }
}

/** A refusal that is one sentence; `code` where the shim gives one. */
export function refuse(status: number, detail: string, code?: string): SampleRefusal {
  return new SampleRefusal(status, { detail, ...(code && { code }) })
}

/** What the sample cannot do and Nautobot can. */
export function notInSample(detail: string): SampleRefusal {
  return refuse(501, `${detail} Connect a Nautobot for everything else.`, 'NOT_IN_SAMPLE')
}

/** The refusal that an error stands for, if it is one of ours. */
export function refusalOf(error: unknown): SampleRefusal | undefined {
  if (error instanceof SampleRefusal) return error
  if (error instanceof FilterError) return new SampleRefusal(400, error.errors)
  return error instanceof NotInSampleError ? notInSample(error.message) : undefined
}
