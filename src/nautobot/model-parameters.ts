interface NumberRule {
  readonly min: number
  readonly max: number
  readonly isWhole: boolean
}

const number = (min: number, max: number): NumberRule => ({ min, max, isWhole: false })
const whole = (min: number, max: number): NumberRule => ({ min, max, isWhole: true })

const MAX_TOKENS = 1_000_000

/** What an administrator may send along with every question to a model: the shim's own list, in the same order. */
export const NUMBER_PARAMETERS: Readonly<Record<string, NumberRule>> = {
  temperature: number(0, 2),
  top_p: number(0, 1),
  max_tokens: whole(1, MAX_TOKENS),
  max_completion_tokens: whole(1, MAX_TOKENS),
  frequency_penalty: number(-2, 2),
  presence_penalty: number(-2, 2),
  // JavaScript's own bounds: beyond them another number would be sent than was written.
  seed: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
}

export const CHOICE_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  reasoning_effort: ['minimal', 'low', 'medium', 'high'],
  verbosity: ['low', 'medium', 'high']
}

const ALLOWED = [...Object.keys(NUMBER_PARAMETERS), ...Object.keys(CHOICE_PARAMETERS)].join(', ')
const MAX_NAME_CHARACTERS = 50

/** What is wrong with parameters, a sentence for each, in the shim's words; none when they may be sent. */
export function parameterProblems(parameters: unknown): string[] {
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    return ['Enter a JSON object, for example {"temperature": 0.2}.']
  }
  return Object.entries(parameters).flatMap(([name, value]) => parameterProblem(name, value) ?? [])
}

/** The same for one of them. */
export function parameterProblem(name: string, value: unknown): string | undefined {
  const choices = ownValue(CHOICE_PARAMETERS, name)
  if (choices) {
    const fits = typeof value === 'string' && choices.includes(value)
    return fits ? undefined : `Set "${name}" to one of ${choices.join(', ')}.`
  }
  const rule = ownValue(NUMBER_PARAMETERS, name)
  if (rule) return numberProblem(name, value, rule)
  const shown = name.slice(0, MAX_NAME_CHARACTERS)
  return `Remove "${shown}": it is not an allowed parameter. Allowed are ${ALLOWED}.`
}

function numberProblem(name: string, value: unknown, rule: NumberRule): string | undefined {
  const { min, max, isWhole } = rule
  const isKind = isWhole ? Number.isInteger(value) : typeof value === 'number'
  if (isKind && Number(value) >= min && Number(value) <= max) return undefined
  return `Set "${name}" to ${isWhole ? 'a whole number' : 'a number'} from ${min} to ${max}.`
}

function ownValue<T>(of: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined
}
