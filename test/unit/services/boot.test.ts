import { expect, it } from 'vitest'
import { AppError } from '../../../src/errors.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { startBoot } from '../../../src/services/boot.ts'

function setup() {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line).message) }
  return { lines, logger: createLogger({ level: 'info', version: 'test', destination }) }
}

it('says what it waits for, in the probe and once in the log, until it is there', async () => {
  const { lines, logger } = setup()
  let isThere = false
  const check = async () => {
    if (!isThere) throw new AppError('NAUTOBOT_UNAVAILABLE', 'Nautobot does not answer.')
  }
  const boot = startBoot([{ name: 'Nautobot', check }], logger, 5)
  await expect
    .poll(() => boot.state())
    .toEqual({
      isReady: false,
      isDraining: false,
      reasons: ['Waiting for Nautobot: Nautobot does not answer.']
    })
  isThere = true
  await expect.poll(() => boot.state().isReady).toBe(true)
  await boot.close()

  expect(lines).toEqual([
    'Not ready: waiting for Nautobot: Nautobot does not answer.',
    'ready for questions'
  ])
})

it('ends its waiting when it is closed', async () => {
  const { logger } = setup()
  let checks = 0
  const check = async () => {
    checks += 1
    throw new Error('never')
  }
  const boot = startBoot([{ name: 'a miracle', check }], logger, 1)
  await expect.poll(() => checks).toBeGreaterThan(2)
  await boot.close()
  const checksAtClose = checks
  await new Promise((resolve) => setTimeout(resolve, 20))

  expect(checks).toBe(checksAtClose)
})
