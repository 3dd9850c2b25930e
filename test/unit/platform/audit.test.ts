import { expect, it } from 'vitest'
import { createAudit } from '../../../src/platform/audit.ts'
import { createLogger } from '../../../src/platform/logger.ts'

function linesAt(level: string): unknown[] {
  const lines: unknown[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const audit = createAudit(createLogger({ level, version: '1', destination }))
  audit({ event: 'tool.called', outcome: 'ok', userId: 'u-1', user: undefined, tool: 'count' })
  return lines
}

it.each(['trace', 'info', 'error'])('[S10] writes a line in a log of level %s', (level) => {
  const [line] = linesAt(level)
  expect(line).toMatchObject({ audit: true, event: 'tool.called', outcome: 'ok', userId: 'u-1' })
  expect(line).not.toHaveProperty('user')
})

it('writes nothing where there is no log', () => {
  expect(linesAt('silent')).toEqual([])
})
