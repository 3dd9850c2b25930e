import { isRecord } from '../platform/json.ts'
import type { PlannedCall } from './agent-step.ts'

/** Deeper than any tool's arguments; what is below counts as it is written. */
const MAX_DEPTH = 20

/**
 * The same for calls that ask nearly the same: whatever the order of keys and values, white space, case, `5` or `"5"`,
 * one value or a list of it, left out or empty.
 */
export function fingerprintOf({ name, args }: Pick<PlannedCall, 'name' | 'args'>): string {
  return `${name} ${JSON.stringify(normalised(args, MAX_DEPTH))}`
}

function normalised(value: unknown, depth: number): unknown {
  if (depth === 0) return JSON.stringify(value)
  if (Array.isArray(value)) return listOf(value, depth)
  if (isRecord(value)) return recordOf(value, depth)
  if (value === null || value === undefined) return undefined
  return String(value).trim().replace(/\s+/g, ' ').toLowerCase() || undefined
}

function listOf(values: readonly unknown[], depth: number): unknown {
  const parts = values
    .map((value) => normalised(value, depth - 1))
    .filter((value) => value !== undefined)
    .map((value) => JSON.stringify(value))
    .sort()
  const distinct = [...new Set(parts)].map((part) => JSON.parse(part) as unknown)
  return distinct.length > 1 ? distinct : distinct[0]
}

function recordOf(record: Readonly<Record<string, unknown>>, depth: number): unknown {
  const entries = Object.entries(record)
    .map(([key, value]) => [key, normalised(value, depth - 1)] as const)
    .filter(([, value]) => value !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}
