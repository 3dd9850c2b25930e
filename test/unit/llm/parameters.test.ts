import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { LlmModel } from '../../../src/catalog/catalog.ts'
import { createModelFactory } from '../../../src/llm/model-factory.ts'
import { wireParameters } from '../../../src/llm/parameter-policy.ts'
import {
  CHOICE_PARAMETERS,
  NUMBER_PARAMETERS,
  parameterProblems
} from '../../../src/nautobot/model-parameters.ts'
import { createOutbound } from '../../../src/platform/outbound.ts'
import { refuse, say } from '../../support/model-steps.ts'
import { startScriptedModel } from '../../support/scripted-model.ts'
import { testModel } from '../../support/test-model.ts'

const VALIDATION = readFileSync(
  join(import.meta.dirname, '../../../nautobot-plugin-shim/nautobot_ai_ops/validation.py'),
  'utf8'
)

/** Rows of one of the tables in `validation.py`, as name and what stands behind it. */
function rowsOf(table: string): (readonly [string, string])[] {
  const body = new RegExp(`^${table}.*?= {\\n(.*?)^}`, 'ms').exec(VALIDATION)?.[1] ?? ''
  return [...body.matchAll(/^\s+"(\w+)": (\(.*\)),$/gm)].map(
    ([, name = '', value = '']) => [name, value] as const
  )
}

/** A number as Python writes it: `1_000_000`, `-(2**53) + 1`. */
function numberOf(text: string): number {
  const power = /^(-?)\(?2\*\*(\d+)\)?\s*([+-] 1)?$/.exec(text.trim())
  if (!power) return Number(text.replaceAll('_', ''))
  const [, sign = '', exponent = '', offset = '0'] = power
  return Number(`${sign}1`) * 2 ** Number(exponent) + Number(offset.replace(' ', ''))
}

test('takes the same parameters as the form in Nautobot, within the same bounds', () => {
  const numbers = rowsOf('NUMBER_PARAMETERS').map(([name, value]) => {
    const [, types = '', min = '', max = ''] = /^\(\((.*?),?\), (.*), (.*)\)$/.exec(value) ?? []
    const isWhole = !types.includes('float')
    return [name, { min: numberOf(min), max: numberOf(max), isWhole }]
  })
  expect(numbers).toEqual(Object.entries(NUMBER_PARAMETERS))
  const choices = rowsOf('CHOICE_PARAMETERS').map(([name, value]) => [
    name,
    [...value.matchAll(/"(\w+)"/g)].map(([, choice]) => choice)
  ])
  expect(choices).toEqual(Object.entries(CHOICE_PARAMETERS))
})

test.each<[unknown, string[]]>([
  [{ temperature: 0, max_tokens: 1_000_000, verbosity: 'low' }, []],
  [{ temperature: 2.1 }, ['Set "temperature" to a number from 0 to 2.']],
  [{ temperature: '0.5' }, ['Set "temperature" to a number from 0 to 2.']],
  [{ max_tokens: 1.5 }, ['Set "max_tokens" to a whole number from 1 to 1000000.']],
  [{ verbosity: 'minimal' }, ['Set "verbosity" to one of low, medium, high.']],
  [[], ['Enter a JSON object, for example {"temperature": 0.2}.']],
  [
    { stream: true, constructor: 1 },
    [
      expect.stringMatching(/^Remove "stream": .* Allowed are temperature, top_p, /),
      expect.stringMatching(/^Remove "constructor": /)
    ] as unknown as string[]
  ]
])('checks %j', (parameters, problems) => {
  expect(parameterProblems(parameters)).toEqual(problems)
})

const GIVEN = { temperature: 0.2, max_tokens: 50, seed: 7 }

test.each<[Partial<LlmModel>, object, number]>([
  [{ modelName: 'llama-4' }, GIVEN, 0],
  [{ modelName: 'gpt-4o' }, GIVEN, 0],
  [{ modelName: 'gpt-5-chat-latest' }, GIVEN, 0],
  [{ modelName: 'gpt-5-mini' }, { max_completion_tokens: 50, seed: 7 }, 2],
  [{ modelName: 'o3' }, { max_completion_tokens: 50, seed: 7 }, 2],
  [{ modelName: 'openai/gpt-5.1' }, { max_completion_tokens: 50, seed: 7 }, 2],
  [{ modelName: 'claude-opus-4', provider: 'anthropic' }, { temperature: 0.2, max_tokens: 50 }, 1]
])('sends to %j what it takes, and says what it does not', (changes, sent, notices) => {
  const wire = wireParameters(testModel({ ...changes, parameters: GIVEN }))
  expect(wire.parameters).toEqual(sent)
  expect(wire.notices).toHaveLength(notices)
})

test('what is set under its right name counts', () => {
  const parameters = { max_tokens: 1, max_completion_tokens: 2 }
  const wire = wireParameters(testModel({ modelName: 'o4-mini', parameters }))
  expect(wire.parameters).toEqual({ max_completion_tokens: 2 })
  expect(wire.notices).toEqual(['"max_tokens" is not sent: "max_completion_tokens" is set, too.'])
})

/** What OpenAI answers. */
const refusal = (code: string, param: string, message: string) =>
  refuse(400, { body: { error: { message, type: 'invalid_request_error', param, code } } })

test('leaves out what a deployment refuses, whatever it is called, and remembers it', async () => {
  const provider = await startScriptedModel({})
  const outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 100_000 })
  onTestFinished(async () => {
    await outbound.close()
    await provider.stop()
  })
  provider.answer(({ body }) => {
    if ('temperature' in body)
      return [
        refusal(
          'unsupported_value',
          'temperature',
          "Unsupported value: 'temperature' does not support 0.2 with this model."
        )
      ]
    if ('max_tokens' in body)
      return [
        refusal(
          'unsupported_parameter',
          'max_tokens',
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
      ]
    return [say('Hello')]
  })
  const models = createModelFactory({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined })
  })
  const model = testModel({
    provider: 'azure-openai',
    address: provider.endpoint,
    modelName: 'net-ops',
    parameters: GIVEN
  })
  async function ask(): Promise<string> {
    const context = { signal: AbortSignal.timeout(5_000), correlationId: 'c' }
    return (await (await models.modelFor(model, context)).invoke('hi')).text
  }
  expect(await ask()).toBe('Hello')
  expect(provider.requests).toHaveLength(3)
  expect(provider.requests[2]?.body).toMatchObject({ max_completion_tokens: 50, seed: 7 })
  expect(await ask()).toBe('Hello')
  expect(provider.requests).toHaveLength(4)
  expect(models.noticesFor(model)).toEqual([
    '"temperature" is not sent: the provider refuses it for this model.',
    '"max_tokens" is sent as "max_completion_tokens", which this model takes.'
  ])
  expect(models.noticesFor({ ...model, apiVersion: '2026-01-01' })).toEqual([])
  expect(models.noticesFor({ ...model, provider: 'openai' })).toEqual([])
  provider.answer(() => [refuse(400, { body: { error: { message: 'seed is unlucky' } } })])
  await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('seed is unlucky') })
  expect(provider.requests).toHaveLength(5)
})

test('gives up after a bounded number of refusals', async () => {
  const provider = await startScriptedModel({})
  const outbound = createOutbound({ connectTimeoutMs: 20_000, maxResponseBytes: 100_000 })
  onTestFinished(async () => {
    await outbound.close()
    await provider.stop()
  })
  provider.answer(({ body }) => {
    const param = Object.keys(body).find((name) => name in NUMBER_PARAMETERS) ?? 'model'
    return [refusal('unsupported_parameter', param, `Unsupported parameter: '${param}'.`)]
  })
  const models = createModelFactory({
    outbound,
    resolveCredential: async ({ address }) => ({ address, secret: undefined })
  })
  const model = testModel({ address: provider.url, parameters: GIVEN })
  const context = { signal: AbortSignal.timeout(5_000), correlationId: 'c' }
  const chat = await models.modelFor(model, context)
  await expect(chat.invoke('hi')).rejects.toMatchObject({ code: 'MODEL_FAILED' })
  expect(provider.requests.length).toBeLessThanOrEqual(7)
})
