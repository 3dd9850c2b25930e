import { expect, test } from 'vitest'
import { createBoundedLabel } from '../../../src/platform/bounded-label.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'

test('values beyond the bound share one, and those within it stay themselves', () => {
  const labelOf = createBoundedLabel(2)
  expect(['a', 'b', 'c', 'a', 'd', 'b'].map(labelOf)).toEqual([
    'a',
    'b',
    'other',
    'a',
    'other',
    'b'
  ])
})

test('models and tools have no more series than their bounds', () => {
  const { modelLabel, toolLabel } = createMetrics({ version: '' })
  const names = Array.from({ length: 500 }, (_, index) => `name-${index}`)
  expect(new Set(names.map(modelLabel)).size).toBe(51)
  expect(new Set(names.map(toolLabel)).size).toBe(151)
})
