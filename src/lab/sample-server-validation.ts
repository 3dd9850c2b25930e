import { credentialHeaderProblem, headerProblems } from '../nautobot/mcp-headers.ts'
import type { FieldErrors } from './sample-filters.ts'

type Values = Readonly<Record<string, unknown>>

const BOUNDS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  connect_timeout: [1, 60],
  total_timeout: [1, 3_600],
  max_result_bytes: [1_024, 8_388_608]
}
const PATTERN_FIELDS = ['allowed_tools', 'denied_tools', 'read_only_tools', 'approval_tools']
const MAX_PATTERNS = 200
const PATTERN = /^[^\s]{1,128}$/
const PREFIX = /^[a-zA-Z0-9_-]{0,24}$/

/** What the shim refuses of an MCP server, in its words. */
export function serverErrors(values: Values): FieldErrors {
  const name = String(values.credential_header)
  const problems: Record<string, string[]> = {
    credential_header: [credentialHeaderProblem(name) ?? []].flat(),
    headers: headerProblems(values.headers, name),
    identity: identityProblems(values),
    tool_prefix: PREFIX.test(String(values.tool_prefix))
      ? []
      : ['Enter letters, digits, dashes and underscores alone.'],
    total_timeout: timeoutProblems(values),
    ...Object.fromEntries(PATTERN_FIELDS.map((field) => [field, patternProblems(values[field])]))
  }
  for (const [field, bounds] of Object.entries(BOUNDS)) {
    const found = boundProblems(Number(values[field]), bounds)
    problems[field] = [...found, ...(problems[field] ?? [])]
  }
  return Object.fromEntries(Object.entries(problems).filter(([, found]) => found.length > 0))
}

function identityProblems({ identity, secrets_group: group }: Values): string[] {
  if (group === null || identity === 'service') return []
  return [
    'Remove the secrets group, or choose the identity of the service: no other one sends its token.'
  ]
}

function timeoutProblems({ total_timeout: total, timeout }: Values): string[] {
  if (Number(total) >= Number(timeout)) return []
  return [`Enter at least the ${timeout} seconds that one call may take.`]
}

function boundProblems(value: number, [min, max]: readonly [number, number]): string[] {
  if (value < min) return [`Ensure this value is greater than or equal to ${min}.`]
  return value > max ? [`Ensure this value is less than or equal to ${max}.`] : []
}

function patternProblems(given: unknown): string[] {
  if (!Array.isArray(given) || given.length > MAX_PATTERNS) {
    return [`Enter a JSON list of at most ${MAX_PATTERNS} names, such as ["get_*"].`]
  }
  const fits = given.every((pattern) => typeof pattern === 'string' && PATTERN.test(pattern))
  return fits ? [] : ['Enter names of tools of up to 128 characters, without spaces.']
}
