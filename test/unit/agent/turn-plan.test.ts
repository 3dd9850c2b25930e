import { expect, it } from 'vitest'
import { serversFor, serversInUse } from '../../../src/agent/turn-choice.ts'
import { planTurn } from '../../../src/agent/turn-plan.ts'
import type { Catalog, LlmModel } from '../../../src/catalog/catalog.ts'
import type { ConversationChoice } from '../../../src/conversations/conversation-choice.ts'
import { catalogOf, llmModel, mcpServer, userToken } from '../../support/agent-fixture.ts'
import { createCaller } from '../../support/http-app.ts'

const catalog = catalogOf({
  mcpServers: [
    mcpServer({ id: 's-1', name: 'mine', source: 'nautobot' }),
    mcpServer({ id: 's-2', name: 'theirs', source: 'nautobot' }),
    mcpServer({ id: 's-3', name: 'resting', source: 'nautobot', status: 'Maintenance' }),
    mcpServer({ id: 'environment-4', name: 'of the environment' }),
    mcpServer({ id: 's-5', name: 'off', source: 'nautobot', enabled: false })
  ]
})
const token = {
  ...userToken('alice', ['model-1', 'model-2']),
  mcpServerIds: new Set(['s-1', 's-3', 's-5'])
}
const plan = (mcpServers: readonly string[] | undefined) =>
  planTurn({ caller: createCaller('alice'), model: undefined, mcpServers }, catalog, token)

const namesOf = (servers: readonly { readonly name: string }[]) => servers.map(({ name }) => name)

it('a user has the servers of their permissions, and those of the environment', () => {
  expect(namesOf(serversFor(catalog, token))).toEqual(['mine', 'of the environment'])
  expect(namesOf(plan(undefined).servers)).toEqual(['mine', 'of the environment'])
  expect(namesOf(plan(['s-1', 'mine']).servers)).toEqual(['mine'])
  expect(plan([]).servers).toEqual([])
})

it('a server is in use unless it is disabled or in Maintenance, also while it fails', () => {
  const failing = catalogOf({ mcpServers: [mcpServer({ name: 'failing', status: 'Failed' })] })
  expect(namesOf(serversInUse(catalog))).toEqual(['mine', 'theirs', 'of the environment'])
  expect(namesOf(serversInUse(failing))).toEqual(['failing'])
})

it('a server that a user may not use is answered like one that there is not', () => {
  const refusalOf = (wish: string) => {
    try {
      return plan([wish])
    } catch (error) {
      return error as { message: string; details: unknown }
    }
  }
  const [hidden, absent] = [refusalOf('theirs'), refusalOf('absent')]
  expect(hidden).toMatchObject({
    code: 'UNKNOWN_TOOL_SERVER',
    message: 'There is no MCP server "theirs" to choose.',
    details: { available: ['mine', 'of the environment'] }
  })
  expect(absent).toMatchObject({ code: 'UNKNOWN_TOOL_SERVER' })
  expect(JSON.stringify(absent)).not.toContain('theirs')
})

const kept = (...ids: readonly string[]) => ({
  mcpServers: ids.map((id) => ({ id, name: `once ${id}` }))
})
const withKept = (
  choice: ConversationChoice,
  mcpServers?: readonly string[] | null,
  of: Catalog = catalog
) =>
  planTurn({ caller: createCaller('alice'), model: undefined, mcpServers, kept: choice }, of, token)

it('the word of the request comes before that of the conversation, and null takes that back', () => {
  expect(namesOf(withKept(kept('s-1')).servers)).toEqual(['mine'])
  expect(namesOf(withKept(kept('s-1'), ['environment-4']).servers)).toEqual(['of the environment'])
  expect(withKept(kept('s-1'), ['environment-4']).choice.mcpServers).toEqual([
    { id: 'environment-4', name: 'of the environment' }
  ])
  expect(withKept(kept('s-1'), []).choice).toEqual({ mcpServers: [] })
  expect(withKept(kept()).servers).toEqual([])
  expect(withKept(kept('s-1'), null)).toMatchObject({ choice: {}, gaps: [] })
  expect(namesOf(withKept(kept('s-1'), null).servers)).toEqual(['mine', 'of the environment'])
})

it.each([
  ['s-2', 'once s-2 could not be asked: you may not use it any more.', false],
  ['gone', 'once gone could not be asked: it is not there any more.', false],
  ['s-3', 'once s-3 could not be asked: it is in maintenance.', true],
  ['s-5', 'once s-5 could not be asked: it is disabled.', true]
])('of a choice, %s is named and the rest goes on', (id, gap, stays) => {
  const { servers, gaps, choice } = withKept(kept('s-1', id))

  expect({ servers: namesOf(servers), gaps }).toEqual({ servers: ['mine'], gaps: [gap] })
  expect(choice.mcpServers?.map((each) => each.id)).toEqual(stays ? ['s-1', id] : ['s-1'])
})

it('a request may name a server that is out of use: the footer says so', () => {
  const { servers, gaps } = plan(['off', 'mine', 'resting'])
  expect(namesOf(servers)).toEqual(['mine'])
  expect(gaps).toEqual([
    'off could not be asked: it is disabled.',
    'resting could not be asked: it is in maintenance.'
  ])
})

it('a model says which servers its conversations begin with, and gives nobody more than their rights', () => {
  const withDefault = (...mcpServerIds: readonly string[]) =>
    catalogOf({ mcpServers: catalog.mcpServers, llmModels: [llmModel({ mcpServerIds })] })

  const own = withKept({}, undefined, withDefault('s-1', 's-2', 's-3', 'gone'))
  expect(namesOf(own.servers)).toEqual(['mine'])
  expect(own.gaps).toEqual(['resting could not be asked: it is in maintenance.'])
  expect(own.choice).toEqual({})
  expect(withKept({}, undefined, withDefault('s-2')).servers).toEqual([])
  const chosen = withKept(kept('environment-4'), undefined, withDefault('s-1'))
  expect(namesOf(chosen.servers)).toEqual(['of the environment'])
})

it('a model that was chosen and cannot be asked any more gives way to the default, which the footer says', () => {
  const [standard, other] = [
    llmModel({ isDefault: true, name: 'standard' }),
    llmModel({ id: 'model-2', name: 'other' })
  ]
  const choice = { model: { id: 'model-2', name: 'other' } }
  const of = (llmModels: readonly LlmModel[]) =>
    withKept(choice, undefined, catalogOf({ llmModels }))

  expect(of([standard, other])).toMatchObject({ model: { name: 'other' }, choice, gaps: [] })
  expect(of([standard, { ...other, enabled: false }])).toMatchObject({
    model: { name: 'standard' },
    choice,
    gaps: ['The LLM model other could not be asked: it is disabled. standard was asked instead.']
  })
  expect(of([standard])).toMatchObject({
    choice: {},
    gaps: [
      'The LLM model other could not be asked: it is not there any more. standard was asked instead.'
    ]
  })
})
