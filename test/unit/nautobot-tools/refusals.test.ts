import { expect, it } from 'vitest'
import { type Answer, errorOf, setup } from '../../support/fake-nautobot.ts'
import { json } from '../../support/wire-server.ts'

it('tells an empty list from a list that the user may not see', async () => {
  const forbidden = { detail: 'You may not view devices.' }
  const { call } = await setup({ count: (_, response) => json(response, 403, forbidden) })

  expect(errorOf(await call('find', { model: 'devices' }))).toEqual({
    isError: true,
    code: 'FORBIDDEN',
    message: 'You may not view devices.'
  })
})

it.each([
  ['devcies', ['dcim.device']],
  ['dcim.locations', ['dcim.location']],
  ['zebra', undefined],
  ['devices 東京', ['dcim.device']],
  ['dеvices', ['dcim.device']]
])('refuses the model %j and names what is near', async (name, near) => {
  const { call, sent } = await setup()
  const { isError, code, nearest } = errorOf(await call('count', { model: name }))

  expect({ isError, code, nearest }).toEqual({
    isError: true,
    code: 'INVALID_REQUEST',
    nearest: near
  })
  expect(sent('/count/')).toHaveLength(0)
})

it('never widens a word that means some locations to all of them', async () => {
  const { call, sent } = await setup()

  expect(errorOf(await call('count', { model: 'sites' })).message).toContain('location_type')
  expect(sent('/count/')).toHaveLength(0)
})

const unknownFilter: Answer = (request, response) =>
  request.query.has('locaton')
    ? json(response, 400, {
        locaton: ['Unknown filter field'],
        nearest: { locaton: ['location'] }
      })
    : { count: 1 }

it('lets Nautobot refuse an unknown filter and names the nearest', async () => {
  const { call, sent } = await setup({ count: unknownFilter })
  for (const tool of ['count', 'find'] as const) {
    const filters = { locaton: 'AMS01' }
    expect(errorOf(await call(tool, { model: 'devices', filters }))).toMatchObject({
      isError: true,
      message: 'locaton: Unknown filter field',
      nearest: ['location']
    })
  }
  expect(sent('graphql')).toHaveLength(0)
})

it('names the nearest values for a value that Nautobot does not know', async () => {
  const complaint = 'Select a valid choice. AMS1 is not one of the available choices.'
  const { call } = await setup({
    count: (_, response) => json(response, 400, { location: [complaint] }),
    graphql: ({ body }) =>
      (body as { query: string }).query.includes('locations(limit: 1000')
        ? { data: { rows: [{ name: 'AMS01' }, { name: 'NYC01' }, { name: 'AMS02' }] } }
        : { data: { rows: null }, errors: [{ message: `{'location': ["${complaint}"]}` }] }
  })

  for (const tool of ['count', 'find'] as const)
    expect(errorOf(await call(tool, { model: 'devices', filters: { location: 'AMS1' } }))).toEqual({
      isError: true,
      code: 'INVALID_REQUEST',
      message: `location: ${complaint}`,
      nearest: ['AMS01', 'AMS02']
    })
})

it('names the nearest fields for one that GraphQL does not know', async () => {
  const { call } = await setup({
    count: () => ({ count: 1 }),
    graphql: (_, response) =>
      json(response, 400, {
        errors: [
          { message: "Cannot query field 'stat' on type 'DeviceType'. Did you mean 'status'?" }
        ]
      })
  })

  expect(errorOf(await call('find', { model: 'devices', fields: ['name', 'stat'] }))).toMatchObject(
    {
      message: expect.stringContaining('There is no field "stat"'),
      nearest: ['status']
    }
  )
})

it('replaces a token that Nautobot refuses once, and says so when it stays refused', async () => {
  const { call, sent, forgotten } = await setup({
    count: (_, response) => json(response, 403, { detail: 'Token expired' })
  })

  expect(errorOf(await call('count', { model: 'devices' })).code).toBe('UNAUTHENTICATED')
  expect(forgotten).toEqual(['alice-token'])
  expect(sent('/count/')).toHaveLength(2)
})

it('says which models can only be counted', async () => {
  const { call } = await setup({ count: () => ({ count: 3 }) })

  expect(errorOf(await call('find', { model: 'notes' })).message).toContain('can count notes')
  expect((await call('count', { model: 'notes' })).text.count).toBe(3)
})

it('answers with the new token after Nautobot refused the old one', async () => {
  let refusals = 1
  const { call, forgotten } = await setup({
    count: (_, response) => {
      refusals -= 1
      return refusals < 0 ? { count: 7 } : json(response, 403, { detail: 'Token expired' })
    }
  })

  expect((await call('count', { model: 'devices' })).text.count).toBe(7)
  expect(forgotten).toEqual(['alice-token'])
})

it.each<[string, Record<string, unknown>, string]>([
  ['an argument that is missing', {}, 'model: This is missing.'],
  ['a name of its own length', { model: 'devices', ['x'.repeat(100_000)]: 1 }, 'arguments: ']
])('names %s in a sentence of bounded length', async (_what, args, beginning) => {
  const { call } = await setup()
  const { code, message } = errorOf(await call('count', args))

  expect(code).toBe('INVALID_REQUEST')
  expect(message.startsWith(beginning)).toBe(true)
  expect(message.length).toBeLessThan(500)
})
