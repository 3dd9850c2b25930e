import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { firstFreePort, freePort } from '../../support/ports.ts'

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
}

test('a taken port is passed over', async () => {
  const port = await freePort()
  await occupy(port)
  expect(await firstFreePort(port)).toBeGreaterThan(port)
})

test('the search ends with its last attempt', async () => {
  const port = await freePort()
  await occupy(port)
  await expect(firstFreePort(port, 1)).rejects.toThrow(`no free port on 127.0.0.1 from ${port}`)
})
