import { defineConfig } from 'vitest/config'

const node = { environment: 'node', restoreMocks: true } as const

/** One project for each kind of test: what it needs decides, not what it covers. */
export default defineConfig({
  test: {
    projects: [
      { test: { ...node, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 10_000 } },
      {
        test: {
          name: 'web',
          environment: 'jsdom',
          include: ['test/web/**/*.test.ts', 'test/web/**/*.test.tsx'],
          testTimeout: 10_000
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
      }
    ]
  }
})
