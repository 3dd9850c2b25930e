import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  compress,
  decompress,
  MIN_COMPRESSED_ALONE_BYTES
} from '../../../src/conversations/compression.ts'

it('brings back every text', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary', minLength: 600, maxLength: 4_000 })
  )
  fc.assert(
    fc.property(text, (one) => {
      expect(decompress(compress(one))).toBe(one)
    })
  )
})

it('makes a result of rows less than a third, and never makes anything longer than by its tag', () => {
  const rows = Array.from({ length: 40 }, (_, row) => ({ name: `leaf-${row}`, status: 'Active' }))
  const text = JSON.stringify(rows)
  expect(compress(text).length).toBeLessThan(text.length / 3)
  const noise = Array.from({ length: 600 }, (_, place) =>
    String.fromCharCode(((place * 7919) % 96) + 32)
  )
  for (const one of ['', 'a', noise.join('')]) {
    expect(compress(one, 0).length).toBeLessThanOrEqual(Buffer.byteLength(one) + 1)
  }
})

it('leaves short texts as they are, but for those a reader needs one of', () => {
  const text = 'a'.repeat(MIN_COMPRESSED_ALONE_BYTES)
  expect(compress(text).toString()).toBe(`p${text}`)
  expect(compress(text, MIN_COMPRESSED_ALONE_BYTES).length).toBeLessThan(text.length)
})

it('refuses bytes that are not its own, or were cut', () => {
  expect(() => decompress(Buffer.from('x'))).toThrow('unknown form')
  const whole = compress('a text with some content '.repeat(100))
  expect(() => decompress(whole.subarray(0, -4))).toThrow()
})
