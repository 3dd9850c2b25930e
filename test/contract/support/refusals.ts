import { expect, test } from 'vitest'
import { Secret } from '../../../src/platform/secret.ts'
import type { Filters } from './count-cases.ts'
import { type ContractPeer, codeOf, connect, context, errorOf, SHIM_API } from './peer.ts'

/** Names that Nautobot does not know. */
export function wrongNamesAgree(peer: () => ContractPeer): void {
  test('refuses an unknown filter by name', async () => {
    const { nautobot, as, tools } = connect(peer())
    const query = { locaton: 'AMS01', status: 'Active' }
    for (const path of ['/api/dcim/devices/', `${SHIM_API}/count/dcim.device/`])
      await expect(nautobot.get(path, query, as('everything'))).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
        details: {
          fields: expect.arrayContaining([{ path: 'locaton', message: 'Unknown filter field' }])
        }
      })
    const call = await tools('everything')
    for (const tool of ['count', 'find'] as const) {
      const error = errorOf(await call(tool, { model: 'devices', filters: query }))
      expect(error).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
      expect(error.nearest).toContain('location')
    }
  })

  test.each<[string, Filters, string | undefined]>([
    ['location', { location: 'AMS1' }, 'AMS01'],
    ['location', { location: ['AMS01', 'Atlantis'] }, undefined],
    ['role', { role: 'swich' }, 'switch'],
    ['status', { status: 'Activ' }, 'Active'],
    ['tag', { tags: 'critcal' }, 'critical'],
    ['tenant', { tenant: 'Corporate' }, 'Corporate IT'],
    ['manufacturer', { manufacturer: 'Junipr' }, 'Juniper']
  ])('refuses an unknown %s in %j instead of counting nothing', async (_, filters, near) => {
    const { tools } = connect(peer())
    const call = await tools('everything')
    for (const tool of ['count', 'find'] as const) {
      const error = errorOf(await call(tool, { model: 'devices', filters }))
      expect(error).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
      if (near) expect(error.nearest).toContain(near)
    }
  })

  test('refuses unknown fields and groups with the nearest names', async () => {
    const { tools } = connect(peer())
    const call = await tools('everything')
    const group = errorOf(await call('count', { model: 'devices', group_by: 'rol' }))
    const field = errorOf(await call('find', { model: 'devices', fields: ['name', 'statuss'] }))

    expect(group).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
    expect(group.nearest).toContain('role')
    expect(field).toMatchObject({ isError: true, code: 'INVALID_REQUEST' })
    expect(field.nearest).toContain('status')
  })

  test('names the models near to an unknown one', async () => {
    const { tools } = connect(peer())
    const call = await tools('everything')

    expect(errorOf(await call('count', { model: 'devise' })).nearest).toContain('dcim.device')
  })
}

/** What a user may not see. */
export function rightsAgree(peer: () => ContractPeer): void {
  test('hides what is elsewhere, and refuses what may not be viewed', async () => {
    const { nautobot, as, tools } = connect(peer())
    const call = await tools('ams01')
    const elsewhere = await call('find', { model: 'devices', filters: { name: 'nyc01-rtr-01' } })
    expect(elsewhere.text).toMatchObject({ count: 0, rows: [] })
    for (const tool of ['count', 'find'] as const)
      expect(errorOf(await call(tool, { model: 'changes' })).code).toBe('FORBIDDEN')
    expect(await codeOf(nautobot.get('/api/dcim/devices/', {}, as('service')))).toBe('FORBIDDEN')
  })

  test('says that a place is not visible instead of "none there"', async () => {
    const { tools } = connect(peer())
    const args = { model: 'devices', filters: { location: 'NYC01', role: 'switch' } }
    const sentence = 'Your rights do not show the location "NYC01", so nothing there is seen.'
    for (const tool of ['count', 'find'] as const) {
      const { text, facts } = await (await tools('ams01'))(tool, args)
      expect(text).toMatchObject({ count: 0, gaps: [sentence] })
      expect(facts.gaps).toEqual([sentence])
    }
    const empty = { model: 'devices', filters: { location: 'TYO01', role: 'switch' } }
    expect((await (await tools('everything'))('count', empty)).text).toEqual({
      model: 'dcim.device',
      count: 0
    })
  })

  test('knows a wrong token from a missing right', async () => {
    const { nautobot } = connect(peer())
    const wrong = { ...context(), token: new Secret('0'.repeat(40)) }

    for (const path of ['/api/dcim/devices/', `${SHIM_API}/whoami/`])
      expect(await codeOf(nautobot.get(path, {}, wrong))).toBe('UNAUTHENTICATED')
    expect(await codeOf(nautobot.graphql('{ rows: devices(limit: 1) { id } }', {}, wrong))).toBe(
      'UNAUTHENTICATED'
    )
  })
}
