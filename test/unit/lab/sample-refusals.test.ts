import http from 'node:http'
import { expect, test } from 'vitest'
import { startSample } from './support/sample.ts'

const noChoice = (value: string) =>
  `Select a valid choice. ${value} is not one of the available choices.`

test('names all wrong filters at once, as Nautobot does', async () => {
  const { ask } = await startSample()
  const path = '/api/dcim/devices/?foo=1&location=XX&position=a&last_updated__gte=b&id=c&face=d'
  const { status, body } = await ask(path)
  expect(status).toBe(400)
  expect(body).toEqual({
    foo: ['Unknown filter field'],
    location: [noChoice('XX')],
    position: ['Enter a whole number.'],
    last_updated__gte: ['Enter a valid date/time.'],
    id: ['Enter a valid UUID.'],
    face: [noChoice('d')]
  })
})

test.each([
  ['a filter', '/api/dcim/devices/?vc_position=1'],
  ['a lookup', '/api/dcim/devices/?name__re=a'],
  ['a list', '/api/dcim/cables/'],
  ['a count', '/api/plugins/ai-ops/count/dcim.cable/'],
  ['a description', '/api/plugins/ai-ops/models/dcim.cable/']
])('says that %s is not in the sample', async (_what, path) => {
  const { ask } = await startSample()
  const { status, body } = await ask(path)
  expect(status).toBe(501)
  expect(body).toEqual({ detail: expect.stringContaining('The sample'), code: 'NOT_IN_SAMPLE' })
})

test.each([
  ['/api/dcim/nothings/', 404],
  ['/api/plugins/ai-ops/count/dcim.nothing/', 404],
  ['/api/dcim/devices/11111111-1111-4111-8111-111111111111/', 404],
  ['/api/dcim/devices/?__proto__=1', 400],
  ['/api/dcim/devices/?constructor=1', 400]
])('answers %s with %i, as a Nautobot that has no such thing', async (path, expected) => {
  const { ask } = await startSample()
  expect((await ask(path)).status).toBe(expected)
})

test('refuses missing and wrong tokens with the words of Nautobot', async () => {
  const { ask, url } = await startSample()
  const anonymous = await fetch(`${url}/api/dcim/devices/`)
  expect(anonymous.status).toBe(403)
  expect(await anonymous.json()).toEqual({
    detail: 'Authentication credentials were not provided.'
  })
  const wrong = await ask('/api/dcim/devices/', { token: 'nobody' })
  expect([wrong.status, wrong.body]).toEqual([403, { detail: 'Invalid token' }])
})

test('answers under its own name only', async () => {
  const { url } = await startSample()
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'evil.example.com' }
    http
      .get(`${url}/`, { headers }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
  })
  expect(status).toBe(400)
})

test('refuses a body that is too large or no JSON', async () => {
  const { ask, url } = await startSample()
  const headers = { authorization: 'Token lab-token', 'content-type': 'application/json' }
  const garbage = await fetch(`${url}/api/graphql/`, { method: 'POST', headers, body: '{' })
  expect(garbage.status).toBe(400)
  const { status } = await ask('/api/graphql/', { body: { query: 'x'.repeat(1_100_000) } })
  expect(status).toBe(413)
})
