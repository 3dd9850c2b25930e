import { below, NETWORK } from '../contract/support/oracle.ts'
import type { EvalQuestion, Expectation, Kind, Proof, Turn } from './question.ts'

type Device = (typeof NETWORK)['devices'][number]

/** What is at a place or below it. */
export function at(place: string) {
  const places = below(place)
  return ({ location }: { readonly location: string | null }) => places.has(location ?? '')
}

export const devices = (...tests: readonly ((device: Device) => boolean)[]) =>
  NETWORK.devices.filter((device) => tests.every((test) => test(device)))

export const role = (name: string) => (device: Device) => device.role === name
export const status = (name: string) => (device: Device) => device.status === name
export const tagged = (name: string) => (device: Device) => device.tags.includes(name)

export const DEVICE_NAMES = NETWORK.devices.map(({ name }) => name)
export const SITES = NETWORK.locations.filter(({ type }) => type === 'Site')
export const CIRCUIT_IDS = NETWORK.circuits.map(({ cid }) => cid)
export const PREFIXES = NETWORK.prefixes.map(({ prefix }) => prefix)

export const number = (value: number): Expectation => ({ says: 'number', number: value })

/** `all` are the names that could be meant; those that are not in the answer must not be said. */
export function names(expected: readonly string[], all: readonly string[]): Expectation {
  return { says: 'names', names: expected, others: all.filter((name) => !expected.includes(name)) }
}

export const namesOf = (rows: readonly { readonly name: string }[]) => rows.map(({ name }) => name)

/** How many rows there are of each label, for these labels. */
export function groups<T>(rows: readonly T[], labelOf: (row: T) => string): Expectation {
  const counted: Record<string, number> = {}
  for (const row of rows) counted[labelOf(row)] = (counted[labelOf(row)] ?? 0) + 1
  return { says: 'groups', groups: counted }
}

/** A question of one turn. */
export function single(
  kind: Kind,
  ask: string,
  {
    expect,
    proof,
    user = 'lab'
  }: { expect: Expectation; proof?: Proof; user?: EvalQuestion['user'] }
): EvalQuestion {
  return { id: idOf(ask), kind, user, turns: [{ ask, expect }], ...(proof && { proof }) }
}

export function conversation(kind: Kind, turns: readonly Turn[]): EvalQuestion {
  return { id: idOf(turns.map(({ ask }) => ask).join(' ')), kind, user: 'lab', turns }
}

const idOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
