import { AppError } from '../errors.ts'

/** A refusal that the model can act on: names the nearest valid names. */
export class ToolRefusal extends AppError {
  readonly nearest: readonly string[]

  constructor(message: string, nearest: readonly string[] = []) {
    super('INVALID_REQUEST', message)
    this.nearest = nearest
  }
}

/** `"a", "b"` for a sentence. */
export const quoted = (names: Iterable<string>) => [...names].map((name) => `"${name}"`).join(', ')
