import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { runCommand } from '../../support/processes.ts'
import { chosenBy, FIRST, type Part, runPart, SIDE_BY_SIDE } from '../../support/suite-parts.ts'

const MAX_SUITE_MINUTES = 85
const LIST_TIMEOUT_MS = 25_000

function collect() {
  const lines: string[] = []
  return { lines, options: { report: '/nonexistent', say: (line: string) => lines.push(line) } }
}

/** Empty for a process that has ended, whether or not somebody has noticed. */
function commandOf(pid: string | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

test('all parts together end before whoever waits gives up', () => {
  const minutesOf = (parts: readonly Part[]) =>
    parts.reduce((sum, { maxMinutes }) => sum + maxMinutes, 0)
  const longest = Math.max(...SIDE_BY_SIDE.map(minutesOf))
  expect(minutesOf(FIRST) + longest).toBeLessThan(MAX_SUITE_MINUTES)
})

test('a part that hangs is ended with what it has started, and has failed', async () => {
  const { lines, options } = collect()
  const command = ['sh', '-c', 'sleep 60 & echo $!; wait']
  const counted = await runPart({ title: 'hangs', maxMinutes: 0.005, command }, options)

  expect(counted).toEqual({ passed: 0, failed: 1 })
  expect(lines.at(-1)).toBe('This part is ended: it took longer than its limit of 0.005 minutes.')
  await vi.waitFor(() => expect(commandOf(lines[0])).toBe(''), { timeout: 5_000 })
})

test('parts that share a project run each of its files once', async () => {
  const list = async (chosen: readonly string[]) => {
    const args = ['list', '--filesOnly', ...chosen]
    const text = await runCommand({ command: 'vitest', args, timeoutMs: LIST_TIMEOUT_MS })
    return text.split('\n').filter((line) => line.endsWith('.test.ts'))
  }
  const parts = SIDE_BY_SIDE.flat().flatMap((part) =>
    'vitest' in part && part.vitest.includes('nautobot') ? [part] : []
  )
  const shares = await Promise.all(parts.map((part) => list(chosenBy(part))))

  expect(shares).toHaveLength(2)
  for (const share of shares) expect(share).not.toEqual([])
  const all = await list(['--project', 'nautobot'])
  expect(shares.flat().toSorted()).toEqual(all.toSorted())
})

test('counts a command as one check, and tests that it says it ran', async () => {
  const { options } = collect()
  const count = (script: string) =>
    runPart({ title: 'counts', maxMinutes: 1, command: ['sh', '-c', script] }, options)

  expect(await count('exit 0')).toEqual({ passed: 1, failed: 0 })
  expect(await count('exit 3')).toEqual({ passed: 0, failed: 1 })
  expect(await count('echo Ran 7 tests in 1s')).toEqual({ passed: 7, failed: 0 })
  expect(await count('echo Ran 7 tests; echo "FAILED (failures=1, errors=2)"; exit 1')).toEqual({
    passed: 4,
    failed: 3
  })
})
