import { expect, test } from 'vitest'
import { at, devices } from './support/network.ts'
import { startSample } from './support/sample.ts'

test('shows the number of the API on the page with the same filters', async () => {
  const { ask, count } = await startSample()
  const filters = 'location=AMS01&role=switch'
  const page = await ask(`/dcim/devices/?${filters}&clear_view=true`)
  const expected = devices((d) => d.role === 'switch' && at('AMS01')(d)).length
  expect(await count(`/api/dcim/devices/?${filters}`)).toBe(expected)
  expect(page.body).toContain(`Showing 1-${expected} of <b>${expected}</b>`)
})

test('shows 50 objects a page and leads to the next', async () => {
  const { ask } = await startSample()
  const first = await ask('/dcim/interfaces/?clear_view=true')
  expect(first.body).toContain('Showing 1-50 of <b>150</b>')
  expect(first.body).toContain('<a href="?page=2">Next</a>')
  expect((await ask('/dcim/interfaces/?page=3')).body).toContain('Showing 101-150 of <b>150</b>')
})

test('shows an object with links to what it refers to', async () => {
  const { ask } = await startSample()
  const { body } = await ask('/api/dcim/devices/?name=ams01-rtr-01')
  const [{ id, location }] = body.results
  const page = await ask(`/dcim/devices/${id}/`)
  expect(page.status).toBe(200)
  expect(page.body).toContain(`<a href="/dcim/locations/${location.id}/">`)
  expect((await ask('/dcim/devices/nothing/')).status).toBe(404)
})

test('says that a filter is wrong instead of showing all objects', async () => {
  const { ask } = await startSample()
  const { body } = await ask('/dcim/devices/?foo=1')
  expect(body).toContain('Invalid filters were specified')
  expect(body).not.toContain('Showing')
})

test('escapes whatever is shown', async () => {
  const attack = `"><script>alert('x')</script>`
  const { ask } = await startSample({
    systemPrompts: [{ name: attack, description: attack, text: attack }]
  })
  const { body } = await ask('/api/plugins/ai-ops/system-prompts/')
  const pages = await Promise.all([
    ask('/plugins/ai-ops/system-prompts/'),
    ask(`/plugins/ai-ops/system-prompts/${body.results[0].id}/`),
    ask(`/dcim/devices/?name=${encodeURIComponent(attack)}`),
    ask(`/dcim/devices/?${encodeURIComponent(attack)}=1`)
  ])
  for (const page of pages) {
    expect(page.status).toBe(200)
    expect(page.body).toContain('&lt;script&gt;')
    expect(page.body).not.toContain('<script')
  }
})

test('forbids scripts, frames and foreign sources', async () => {
  const { ask } = await startSample()
  const { headers } = await ask('/')
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  )
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect((await ask('/sample.css')).headers.get('content-type')).toContain('text/css')
})
