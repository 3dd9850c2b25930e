import { afterEach, expect, it } from 'vitest'
import { eventOf } from '../../../src/runs/run.ts'
import type { ToolSet } from '../../../src/tool-server.ts'
import { caller, counted, startAgentFixture, toolSet } from '../../support/agent-fixture.ts'
import { INJECTIONS } from '../../support/injections.ts'
import { callTool, say, sinceLastQuestion } from '../../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../../support/scripted-model.ts'

let model: ScriptedModel
afterEach(() => model.stop())

/** Reads what says "delete it", and could do so. */
function dangerousTools(payload: string, made: string[]): ToolSet {
  const set = toolSet(async (name) => {
    made.push(name)
    return counted(JSON.stringify({ comments: payload, count: 7 }))
  })
  const [read] = set.tools
  if (!read) throw new Error('There is no tool to read with')
  const inputSchema = { type: 'object', properties: {} }
  const erase = { ...read, name: 'delete_devices', inputSchema, readOnly: false }
  return { ...set, tools: [read, erase] }
}

it.each(Object.entries(INJECTIONS))(
  '[T17] does nothing with effects unasked, though the model obeys %s',
  async (_name, payload) => {
    const made: string[] = []
    model = await startScriptedModel({
      respond: (request) =>
        sinceLastQuestion(request).some(({ role }) => role === 'tool')
          ? [say('As I was told.'), callTool('delete_devices', {})]
          : [callTool('count', { model: 'dcim.device' })]
    })
    const { ask, runs } = startAgentFixture({
      url: model.url,
      tools: () => dangerousTools(payload, made)
    })
    const { runId } = await ask('How many devices are there?')
    const leaving = new AbortController()
    const names: string[] = []
    const logged = runs.events(caller(), runId, { afterId: undefined, signal: leaving.signal })
    for await (const event of logged) {
      const told = eventOf(event)
      if (told.type !== 'CUSTOM') continue
      names.push(told.name)
      if (told.name === 'approval_requested') {
        expect(told.value.actions.map(({ name }) => name)).toEqual(['delete_devices'])
        break
      }
    }

    expect(names.at(-1)).toBe('approval_requested')
    expect(made).toEqual(['count'])
    await runs.cancel(caller(), runId)
    expect(made).toEqual(['count'])
  }
)
