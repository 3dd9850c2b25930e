import { AppError, type ErrorCode } from '../errors.ts'

export interface RefusalDetails {
  readonly code?: ErrorCode
  /** Objects of which one may be meant, each with what tells it apart. */
  readonly candidates?: readonly Readonly<Record<string, unknown>>[]
}

/** A refusal that the model can act on: names the nearest valid names, or the objects that may be meant. */
export class ToolRefusal extends AppError {
  readonly nearest: readonly string[]
  readonly candidates: NonNullable<RefusalDetails['candidates']>

  constructor(message: string, nearest: readonly string[] = [], details: RefusalDetails = {}) {
    super(details.code ?? 'INVALID_REQUEST', message)
    this.nearest = nearest
    this.candidates = details.candidates ?? []
  }
}

/** `"a", "b"` for a sentence. */
export const quoted = (names: Iterable<string>) => [...names].map((name) => `"${name}"`).join(', ')
