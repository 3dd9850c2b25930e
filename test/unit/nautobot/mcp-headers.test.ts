import { expect, it } from 'vitest'
import { credentialHeaderProblem, headerProblems } from '../../../src/nautobot/mcp-headers.ts'

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, place) => [`X-${place}`, 'a']))

it.each([[{}], [many(20)], [{ 'X-Tenant': 'emea 1' }], [{ ['n'.repeat(64)]: 'v'.repeat(500) }]])(
  'lets free headers with plain values pass',
  (headers) => {
    expect(headerProblems(headers, 'X-API-Key')).toEqual([])
  }
)

it.each([
  [null, 'Enter a JSON object'],
  [[], 'Enter a JSON object'],
  [many(21), 'at most 20'],
  [{ 'X Y': 'a' }, 'Rename "X Y"'],
  [{ 'X\r\nY': 'a' }, 'Rename'],
  [{ ['n'.repeat(65)]: 'a' }, 'Rename'],
  [{ AUTHORIZATION: 'a' }, 'Remove "AUTHORIZATION"'],
  [{ Cookie: 'a' }, 'Remove'],
  [{ 'Transfer-Encoding': 'a' }, 'Remove'],
  [{ 'Proxy-Authorization': 'a' }, 'Remove'],
  [{ 'Mcp-Session-Id': 'a' }, 'Remove'],
  [{ 'X-A': 'a', 'x-a': 'b' }, 'there already'],
  [{ 'x-api-key': 'a' }, 'carries the credential'],
  [{ 'X-A': '' }, 'Give "X-A"'],
  [{ 'X-A': 'a\r\nX-B: b' }, 'Give'],
  [{ 'X-A': 'ä' }, 'Give'],
  [{ 'X-A': ' a' }, 'Give'],
  [{ 'X-A': 'v'.repeat(501) }, 'Give'],
  [{ 'X-A': 7 }, 'Give']
])('refuses %j', (headers, problem) => {
  expect(headerProblems(headers, 'X-API-Key').join(' ')).toContain(problem)
})

it('takes a header of its own for a credential, and none that has a meaning', () => {
  for (const name of ['', 'X-API-Key']) expect(credentialHeaderProblem(name)).toBeUndefined()
  expect(credentialHeaderProblem('Authorization')).toContain('Leave it empty')
  for (const name of ['Cookie', 'X Y', 'mcp-session-id', 'Host']) {
    expect(credentialHeaderProblem(name)).toContain("server's own")
  }
})
