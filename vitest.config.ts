import { defineConfig } from 'vitest/config'

/** Shared machines stand still for a second now and then; the runner's own second is too short for what is waited for. */
const expecting = { poll: { timeout: 5_000 } } as const

const node = { environment: 'node', restoreMocks: true, expect: expecting } as const

/** One project for each kind of test: what it needs decides, not what it covers. */
export default defineConfig({
  test: {
    // Most tests wait for something; vitest alone would keep one core for itself.
    maxWorkers: '100%',
    projects: [
      { test: { ...node, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'web',
          environment: 'jsdom',
          include: ['test/web/**/*.test.ts', 'test/web/**/*.test.tsx'],
          testTimeout: 30_000
        }
      },
      {
        test: {
          ...node,
          name: 'integration',
          include: ['test/integration/**/*.test.ts', 'test/contract/**/*.test.ts'],
          globalSetup: ['test/integration/support/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000
        }
      },
      {
        test: {
          ...node,
          name: 'nautobot',
          include: ['test/nautobot/**/*.test.ts'],
          globalSetup: ['test/nautobot/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 900_000,
          fileParallelism: false
        }
      },
      {
        test: {
          ...node,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/support/global-setup.ts'],
          testTimeout: 90_000,
          hookTimeout: 900_000,
          fileParallelism: false
        }
      },
      {
        test: {
          ...node,
          name: 'helm',
          include: ['test/helm/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000
        }
      },
      {
        test: {
          ...node,
          name: 'image',
          include: ['test/image/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 900_000,
          fileParallelism: false
        }
      }
    ]
  }
})
