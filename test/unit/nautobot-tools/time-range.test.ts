import { expect, it } from 'vitest'
import { readTimeRange } from '../../../src/nautobot-tools/time-range.ts'

/** A Thursday. */
const NOW = Date.parse('2026-11-26T15:30:00Z')

it.each([
  ['2026-11-20', '2026-11-20T00:00:00Z'],
  ['2026-11-20T08:15', '2026-11-20T08:15:00Z'],
  ['2026-11-20 08:15:30Z', '2026-11-20T08:15:30Z'],
  ['2026-11-20T08:15+02:00', '2026-11-20T06:15:00Z'],
  ['24 hours', '2026-11-25T15:30:00Z'],
  ['last 24 hours', '2026-11-25T15:30:00Z'],
  ['in the last 2 days', '2026-11-24T15:30:00Z'],
  ['3d', '2026-11-23T15:30:00Z'],
  ['30m', '2026-11-26T15:00:00Z'],
  ['an hour ago', '2026-11-26T14:30:00Z'],
  ['last week', '2026-11-19T15:30:00Z'],
  ['2 weeks ago', '2026-11-12T15:30:00Z'],
  ['1 month', '2026-10-27T15:30:00Z'],
  ['today', '2026-11-26T00:00:00Z'],
  ['Yesterday', '2026-11-25T00:00:00Z'],
  ['this week', '2026-11-23T00:00:00Z'],
  ['this month', '2026-11-01T00:00:00Z'],
  ['Friday', '2026-11-20T00:00:00Z'],
  ['since Friday', '2026-11-20T00:00:00Z'],
  ['last mon', '2026-11-23T00:00:00Z'],
  ['thursday', '2026-11-19T00:00:00Z']
])('takes "%s" as a start for %s', (since, expected) => {
  expect(readTimeRange({ since }, NOW)).toEqual({ since: expected, until: undefined })
})

it.each([
  ['2026-11-20', '2026-11-21T00:00:00Z'],
  ['yesterday', '2026-11-26T00:00:00Z'],
  ['Friday', '2026-11-21T00:00:00Z'],
  ['2026-11-20T08:15Z', '2026-11-20T08:15:00Z'],
  ['2 hours ago', '2026-11-26T13:30:00Z'],
  ['now', '2026-11-26T15:30:00Z']
])('takes "%s" as an end for %s, a day being included', (until, expected) => {
  expect(readTimeRange({ until }, NOW).until).toBe(expected)
})

it('leaves the ends open that are not given', () => {
  expect(readTimeRange({}, NOW)).toEqual({ since: undefined, until: undefined })
})

it.each([
  { since: 'soon' },
  { since: '2026-02-31' },
  { since: '2026-13-01' },
  { since: '20.11.2026' },
  { since: '999999 years' },
  { since: 'constructor' },
  { since: '0 days' },
  { since: ' ' },
  { since: '2027-01-01' },
  { until: 'whenever' },
  { since: 'yesterday', until: '2026-11-01' }
])('refuses %j instead of guessing', (range) => {
  expect(() => readTimeRange(range, NOW)).toThrow(
    expect.objectContaining({ code: 'INVALID_REQUEST' })
  )
})
