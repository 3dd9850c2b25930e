import { expect, it } from 'vitest'
import { json, startWireServer } from '../support/wire-server.ts'
import { runSidecar } from './support/sidecar-lab.ts'

it('takes a local Ollama for its model when the environment names none', async () => {
  const ollama = await startWireServer((_request, response) =>
    json(response, 200, { models: [{ name: 'qwen3:8b', capabilities: ['completion', 'tools'] }] })
  )
  const service = runSidecar({ OLLAMA_HOST: ollama.url })
  try {
    await service.waitForOutput(/"address":"([^"]+)"/, 30_000)
    const address = /"address":"([^"]+)"/.exec(service.output())?.[1]
    const options = await (await fetch(`${address}/api/v1/chat/options`)).json()

    expect(options).toMatchObject({ models: [{ name: 'qwen3:8b', isDefault: true, isLab: false }] })
    expect(ollama.requests.map(({ path }) => path)).toEqual(['/api/tags'])
  } finally {
    await service.stop()
  }
})
