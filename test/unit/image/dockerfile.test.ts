import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { defaultBase } from '../../../helm/image/build.ts'

const read = (file: string) => readFileSync(join(import.meta.dirname, '../../..', file), 'utf8')

it('builds on the version of Node that everything is tested with', () => {
  const tested = JSON.parse(read('package-lock.json')).packages['node_modules/node'].version
  expect(defaultBase()).toBe(`docker.io/library/node:${tested}-bookworm-slim`)
})

it('only copies into what ships, so that no layer hides what another one has removed', () => {
  const stages = read('Dockerfile').split(/^FROM /m)
  const shipped = stages.filter((stage) => / AS service$/m.test(stage) || stage === stages.at(-1))

  expect(shipped).toHaveLength(2)
  expect(shipped.filter((stage) => /^(?:RUN|ADD)\b/m.test(stage))).toEqual([])
})
