import { inspect } from 'node:util'

const PRINTED = '[secret]'

/** A value that prints as `[secret]` wherever it ends up: logs, JSON, templates, the inspector. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself. Call it where the value goes on the wire, nowhere else. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return PRINTED
  }

  toJSON(): string {
    return PRINTED
  }

  [inspect.custom](): string {
    return PRINTED
  }
}
