import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { BUNDLED_PACKAGES, isAllowed } from '../../../helm/image/licences.ts'

interface Locked {
  readonly license?: string
  readonly dev?: boolean
}

const { packages } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8')
) as { packages: Readonly<Record<string, Locked>> }

it('ships no package whose terms are not on the list', () => {
  const shipped = Object.entries(packages).filter(
    ([path, { dev }]) =>
      path !== '' && (!dev || BUNDLED_PACKAGES.includes(path.replace('node_modules/', '')))
  )
  const refused = shipped.filter(([, { license }]) => !isAllowed(license ?? 'unknown'))

  expect(shipped.length).toBeGreaterThan(100)
  expect(refused).toEqual([])
})

it('takes one of several licences, all of several that hold together, and nothing that it does not know', () => {
  expect(['MIT', '(MIT OR GPL-3.0-only)', 'MIT AND ISC'].map(isAllowed)).toEqual([true, true, true])
  const refused = ['GPL-3.0-only', 'MIT AND GPL-3.0-only', 'UNLICENSED', 'unknown', '']
  expect(refused.filter(isAllowed)).toEqual([])
})
