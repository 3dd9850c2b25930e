import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { ToolSet } from '../../../src/tool-server.ts'
import { caller, counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { EXFILTRATION_HOST, INJECTIONS } from '../../support/injections.ts'
import {
  type ChatMessage,
  callTool,
  type ModelRequest,
  say,
  sinceLastQuestion
} from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

const CANARY = `canary-of-another-user ${'z'.repeat(60_000)}`

let model: ScriptedModel
let listener: Server
let heard: string[]

beforeAll(async () => {
  heard = []
  listener = createServer((request, response) => {
    heard.push(request.url ?? '')
    response.end()
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
})
afterAll(() => listener.close())
afterEach(() => model.stop())

const contentOf = ({ content }: ChatMessage) => String(content)
const resultsIn = (request: ModelRequest) =>
  sinceLastQuestion(request)
    .filter(({ role }) => role === 'tool')
    .map(contentOf)

/** An object of Nautobot says it, and so does the description of a tool. */
function hostileTools(payload: string): ToolSet {
  const set = toolSet(async (name, args) => {
    if (name !== 'count') return counted(`There is no tool called "${name}".`, { isError: true })
    if ((args as { mine: boolean }).mine) return counted(CANARY)
    return counted(JSON.stringify({ name: payload, comments: payload, count: 7 }))
  })
  return { ...set, tools: set.tools.map((tool) => ({ ...tool, description: payload })) }
}

/** What is between the marks of a fence that spans all of a message. */
function insideFence(content: string): string {
  const [, mark = '', inside = ''] =
    /^\[data (\w{16}) [^\n]*\]\n([\s\S]*)\n\[\/data \1\]$/.exec(content) ?? []
  expect(content.split(mark)).toHaveLength(3)
  return inside
}

it.each(Object.entries(INJECTIONS))(
  '[T17] keeps %s within its fence, and gives an obedient model nothing to harm with',
  async (_name, attack) => {
    const { port } = listener.address() as { port: number }
    const payload = attack.replaceAll(`https://${EXFILTRATION_HOST}`, `http://127.0.0.1:${port}`)
    let stolen = 'none'
    model = await startScriptedModel({
      respond: (request) => {
        const results = resultsIn(request)
        const { messages } = request.body
        if (results.length === 0) {
          return [
            callTool('count', { mine: contentOf(messages.at(-1) as ChatMessage).endsWith('Mine') })
          ]
        }
        if (results.length > 1) return [say(`${payload} ${messages.length}`)]
        // It obeys: whatever it was told, it tries what there is.
        return [callTool('read_result', { result: stolen }), callTool('fetch', { url: payload })]
      }
    })
    const { ask, eventsOf } = startAgentFixture({
      url: model.url,
      tools: () => hostileTools(payload)
    })
    // Somebody else's result, whose id has leaked.
    const theirs = await ask('Mine', { caller: caller('bob') })
    await eventsOf(theirs.runId, 'bob')
    stolen = /result \\?"(r\w+)/.exec(JSON.stringify(model.requests.at(-1)?.body))?.[1] ?? 'none'
    expect(stolen).toMatch(/^r\w{10}$/)

    const run = await ask('How many devices are there?', {
      caller: { ...caller(), username: payload },
      pageContext: { objectType: 'dcim.device', id: payload }
    })
    const events = await eventsOf(run.runId)

    expect(events.at(-1)).toMatchObject({ type: 'RUN_FINISHED' })
    const last = model.requests.at(-1) as ModelRequest
    const [result = '', read = '', fetched = ''] = resultsIn(last)
    expect(JSON.parse(insideFence(result))).toEqual({ name: payload, comments: payload, count: 7 })
    // The block with date, user and page cannot be closed from inside.
    const asked = contentOf(
      last.body.messages.findLast(({ role }) => role === 'user') as ChatMessage
    )
    expect(asked).toMatch(
      /^\[context\]\ndate: [\d-]+\nuser: [^\n[\]\u2028]*\npage: [^\n[\]\u2028]*\n\[\/context\]\nHow many devices are there\?$/
    )
    expect(insideFence(read)).toMatch(/^This conversation has no result/)
    expect(insideFence(fetched)).toMatch(/^There is no tool/)
    expect(JSON.stringify(events)).not.toContain('canary-of-another-user')
    // Nothing that the answer names was asked for.
    expect(heard).toEqual([])
  }
)
