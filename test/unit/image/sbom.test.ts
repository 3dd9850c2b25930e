import { expect, it } from 'vitest'
import { shippedPackages } from '../../../helm/image/licences.ts'
import { keepComponents } from '../../../helm/image/sbom.ts'

const component = (name: string, scope = 'required') => ({
  'bom-ref': `${name}@1.0.0`,
  name,
  version: '1.0.0',
  scope
})

it('counts as shipped what is no tool of ours, wherever it lies, and what is inside of the chat', () => {
  const packages = {
    '': { version: '0.1.0' },
    'node_modules/fastify': { version: '5.0.0' },
    'node_modules/fastify/node_modules/@scope/inner': { version: '2.0.0' },
    'node_modules/vite': { version: '8.0.0', dev: true },
    'node_modules/react': { version: '19.0.0', dev: true }
  }
  expect([...shippedPackages({ packages })]).toEqual([
    'fastify@5.0.0',
    '@scope/inner@2.0.0',
    'react@19.0.0'
  ])
})

it('lists what is shipped, required, and points at nothing that is not listed', () => {
  const components = [component('react', 'optional'), component('vite')]
  const dependencies = [
    { ref: 'app@0.1.0', dependsOn: ['react@1.0.0', 'vite@1.0.0'] },
    { ref: 'react@1.0.0' },
    { ref: 'vite@1.0.0' }
  ]
  const bom = { bomFormat: 'CycloneDX', components, dependencies }

  expect(keepComponents(bom, new Set(['react@1.0.0']))).toEqual({
    bomFormat: 'CycloneDX',
    components: [component('react')],
    dependencies: [
      { ref: 'app@0.1.0', dependsOn: ['react@1.0.0'] },
      { ref: 'react@1.0.0', dependsOn: [] }
    ]
  })
})
