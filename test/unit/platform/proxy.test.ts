import { expect, test } from 'vitest'
import { proxyFor } from '../../../src/platform/proxy.ts'
import { Secret } from '../../../src/platform/secret.ts'

const http = new Secret('http://plain.example:3128')
const https = new Secret('http://user:word@tls.example:3128')

const proxyOf = (url: string, none?: string) => proxyFor(new URL(url), { http, https, none })

test('chooses by scheme, and lets HTTP_PROXY stand in for both', () => {
  expect(proxyOf('http://models.example/')).toBe(http)
  expect(proxyOf('https://models.example/')).toBe(https)
  expect(proxyFor(new URL('https://models.example/'), { http })).toBe(http)
  expect(proxyFor(new URL('http://models.example/'), { https })).toBeUndefined()
  expect(proxyFor(new URL('http://models.example/'), undefined)).toBeUndefined()
})

test.each(['http://localhost:1/', 'http://127.0.0.1/', 'https://127.1.2.3/', 'http://[::1]:80/'])(
  'is no way to %s',
  (url) => {
    expect(proxyOf(url)).toBeUndefined()
  }
)

test.each<[string, string, boolean]>([
  ['http://models.example/', 'models.example', false],
  ['http://a.models.example/', 'models.example', false],
  ['http://a.models.example/', '.models.example', false],
  ['http://a.models.example/', '*.models.example', false],
  ['http://evilmodels.example/', 'models.example', true],
  ['http://models.example/', 'other.example, models.example', false],
  ['http://models.example/', '*', false],
  ['http://models.example:81/', 'models.example:81', false],
  ['http://models.example/', 'models.example:81', true],
  ['https://models.example/', 'models.example:443', false],
  ['http://10.1.2.3/', '10.1.0.0/16', false],
  ['http://10.2.2.3/', '10.1.0.0/16', true],
  ['http://10.2.2.3/', '10.1.0.0/nonsense', true],
  ['http://[2001:db8::5]/', '2001:db8::/32', false],
  ['http://[2001:db8::5]/', '2001:db8::5', false],
  ['http://models.example/', '', true]
])('asks %s with NO_PROXY=%s through the proxy: %s', (url, none, isProxied) => {
  expect(proxyOf(url, none) !== undefined).toBe(isProxied)
})
