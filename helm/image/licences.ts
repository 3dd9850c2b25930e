import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Terms under which a package may be part of what we ship: permissive ones, that ask for no more than to be named. */
export const ALLOWED_LICENCES: readonly string[] = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT'
]

/** devDependencies whose code is in the chat's script, which is part of what we ship. */
export const BUNDLED_PACKAGES: readonly string[] = ['marked', 'react', 'react-dom', 'remend']

const TERMS = /^(?:licen[cs]e|notice|copying)/i
const MAX_DEPTH = 8

export interface InstalledPackage {
  readonly name: string
  readonly version: string
  /** As its package.json says it, or `unknown`. */
  readonly licence: string
  /** The texts of its licence and notice files, in order of their names. */
  readonly terms: readonly string[]
}

/** As package-lock.json has them, by their paths. */
export interface Lockfile {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dev?: boolean; readonly license?: string }>
  >
}

/** Everything whose code may be in what we ship, as `name@version`. */
export function shippedPackages({ packages }: Lockfile): Set<string> {
  const named = Object.entries(packages)
    .map(([path, { version, dev }]) => ({ name: nameOf(path), version, dev }))
    .filter(({ name, dev }) => name !== '' && (!dev || BUNDLED_PACKAGES.includes(name)))
  return new Set(named.map(({ name, version }) => `${name}@${version}`))
}

const nameOf = (path: string) => path.split('node_modules/').at(-1) ?? ''

/** Whether an SPDX expression is satisfied by the allowed licences. Anything but names, OR and AND is not. */
export function isAllowed(expression: string): boolean {
  const plain = expression.replace(/^\(([^()]*)\)$/, '$1')
  return plain
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((name) => ALLOWED_LICENCES.includes(name.trim())))
}

/** Every package of a tree, those inside of others too, each version once, by name. */
export function installedPackages(nodeModules: string): InstalledPackage[] {
  const found = new Map<string, InstalledPackage>()
  for (const file of packageFiles(nodeModules, 0)) {
    const one = readPackage(file)
    found.set(`${one.name}@${one.version}`, one)
  }
  return [...found.entries()].sort(([a], [b]) => a.localeCompare(b)).map(([, one]) => one)
}

/** One text with the terms of all of them. */
export function licencesText(packages: readonly InstalledPackage[]): string {
  return packages
    .map(({ name, version, licence, terms }) =>
      [`${'='.repeat(80)}\n${name} ${version}: ${licence}`, ...terms].join('\n\n')
    )
    .join('\n\n')
}

function packageFiles(nodeModules: string, depth: number): string[] {
  if (depth > MAX_DEPTH) throw new Error(`${nodeModules} is nested more than ${MAX_DEPTH} deep`)
  return names(nodeModules)
    .flatMap((name) =>
      name.startsWith('@') ? names(join(nodeModules, name)).map((inner) => join(name, inner)) : name
    )
    .map((name) => join(nodeModules, name))
    .flatMap((folder) => [
      ...(names(folder).includes('package.json') ? [join(folder, 'package.json')] : []),
      ...packageFiles(join(folder, 'node_modules'), depth + 1)
    ])
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'))
  } catch {
    return []
  }
}

function readPackage(file: string): InstalledPackage {
  const folder = dirname(file)
  const { name, version, license } = JSON.parse(readFileSync(file, 'utf8'))
  const terms = names(folder)
    .filter((entry) => TERMS.test(entry))
    .sort()
    .map((entry) => readFileSync(join(folder, entry), 'utf8').trim())
  const licence = typeof license === 'string' ? license : (license?.type ?? 'unknown')
  return { name, version, licence, terms }
}
