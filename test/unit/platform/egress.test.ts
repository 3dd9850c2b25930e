import { expect, test } from 'vitest'
import { createEgressRules } from '../../../src/platform/egress.ts'

const METADATA = [
  '169.254.169.254',
  '169.254.0.1',
  '[::ffff:169.254.169.254]',
  '[fe80::1]',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b::169.254.169.254]',
  '[64:ff9b::6464:64c8]',
  '[64:ff9b:1::a83f:8110]',
  '[2002:a9fe:a9fe::1]',
  '[2002:a83f:8110::]',
  '[2001:0:4136:e378:8000:63bf:5601:5601]',
  '[::a9fe:a9fe]',
  '[::ffff:0:a9fe:a9fe]',
  '[::ffff:168.63.129.16]',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'metadata.google.internal',
  'METADATA.google.internal.'
]

test.each(METADATA)('[S4] never admits %s, listed or not', (host) => {
  const listed = createEgressRules(['0.0.0.0/0', '::/0', host.replace(/[[\]]/g, '')])
  for (const rules of [createEgressRules(), listed]) {
    expect(rules.checkHost(host)).toBe('forbidden')
  }
})

test.each([
  '10.0.0.1',
  '127.0.0.1',
  '[::1]',
  '8.8.8.8',
  '[64:ff9b::808:808]',
  '[2002:a01:1::1]',
  '[2001:db8::a9fe:a9fe]',
  'models.example.com',
  'localhost'
])('without a list, admits %s', (host) => {
  expect(createEgressRules().checkHost(host)).toBeUndefined()
})

const RULES = createEgressRules([
  'api.example.com',
  '*.models.example',
  '10.1.0.0/16',
  '2001:db8::1'
])

test.each<[string, string | undefined]>([
  ['api.example.com', undefined],
  ['API.example.com.', undefined],
  ['a.models.example', undefined],
  ['a.b.models.example', undefined],
  ['models.example', 'by-address'],
  ['evil-models.example', 'by-address'],
  ['api.example.com.evil.test', 'by-address'],
  ['10.1.255.255', undefined],
  ['10.2.0.1', 'not-allowed'],
  ['[2001:db8::1]', undefined],
  ['[2001:db8::2]', 'not-allowed'],
  ['127.0.0.1', 'not-allowed']
])('[S4] with a list, answers %s with %s', (host, expected) => {
  expect(RULES.checkHost(host)).toBe(expected)
})

test('[S4] a name that is listed may resolve to anything but metadata', () => {
  expect(RULES.checkAddress('api.example.com', '203.0.113.1')).toBeUndefined()
  expect(RULES.checkAddress('api.example.com', '169.254.169.254')).toBe('forbidden')
  expect(RULES.checkAddress('other.example.com', '10.1.0.1')).toBeUndefined()
  expect(RULES.checkAddress('other.example.com', '203.0.113.1')).toBe('not-allowed')
})
