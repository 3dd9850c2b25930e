import { createLabModel } from '../../../../src/lab/lab-model.ts'
import { createSampleNautobot } from '../../../../src/lab/sample-nautobot.ts'
import { createNautobotClient } from '../../../../src/nautobot/client.ts'
import { Secret } from '../../../../src/platform/secret.ts'
import { openTools } from '../../../support/tool-client.ts'

const MAX_ROUNDS = 6
const TOKENS = { lab: 'lab-token', restricted: 'restricted-token' }
const NAMES = ['changes', 'count', 'describe', 'find', 'get'] as const
const TOOLS = NAMES.map((name) => ({
  type: 'function',
  function: { name, description: name, parameters: { type: 'object' } }
}))

/** The wire's message. */
export type WireMessage = Record<string, unknown>

interface Answer {
  content: string | null
  tool_calls?: { id: string; function: { name: (typeof NAMES)[number]; arguments: string } }[]
}

export interface Turn {
  text: string
  calls: { name: string; args: Record<string, unknown> }[]
}

function contextOf(page: string | undefined): string {
  const date = new Date().toISOString().slice(0, 10)
  const lines = [`date: ${date}`, 'user: lab', ...(page ? [`page: ${page}`] : [])]
  return `[context]\n${lines.join('\n')}\n[/context]\n`
}

/** The lab model and the tools over the sample network, as the agent puts them together. */
export async function openLab(user: keyof typeof TOKENS = 'lab') {
  const sample = createSampleNautobot({
    serviceToken: new Secret('service-token'),
    labToken: new Secret(TOKENS.lab),
    restrictedToken: new Secret(TOKENS.restricted)
  })
  const model = createLabModel({ wordDelayMs: 0 })
  const { url } = await sample.listen()
  const modelUrl = (await model.listen()).url
  const nautobot = createNautobotClient({
    url,
    publicUrl: url,
    timeoutMs: 10_000,
    maxInFlight: 4,
    maxInFlightPerToken: 4,
    maxResponseBytes: 5_000_000,
    verifyTls: true
  })
  const { call, close } = await openTools(nautobot, { userId: user, token: TOKENS[user] })

  async function complete(messages: WireMessage[]): Promise<Answer> {
    const answer = await fetch(`${modelUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'lab-model', messages, tools: TOOLS })
    })
    const { choices } = await answer.json()
    return choices[0].message
  }

  /** Runs the calls of a message, and adds their results to the conversation. */
  async function runCalls(message: Answer, messages: WireMessage[]): Promise<Turn['calls']> {
    const calls: Turn['calls'] = []
    for (const { id, function: called } of message.tool_calls ?? []) {
      const args = JSON.parse(called.arguments)
      calls.push({ name: called.name, args })
      const { text } = await call(called.name, args)
      messages.push({ role: 'tool', tool_call_id: id, content: JSON.stringify(text) })
    }
    return calls
  }

  /** Starts a conversation; each call asks the next question and answers with the final text. */
  function converse(page?: string) {
    const messages: WireMessage[] = []
    return async (question: string): Promise<Turn> => {
      messages.push({ role: 'user', content: contextOf(page) + question })
      const calls: Turn['calls'] = []
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const message = await complete(messages)
        messages.push({ ...message })
        if (!message.tool_calls) return { text: message.content ?? '', calls }
        calls.push(...(await runCalls(message, messages)))
      }
      throw new Error(`no answer to "${question}" after ${MAX_ROUNDS} rounds`)
    }
  }

  return {
    url,
    modelUrl,
    converse,
    close: async () => {
      await close()
      await model.close()
      await sample.close()
    }
  }
}
