import { expect, test } from 'vitest'
import type { Expectation } from '../../eval/question.ts'
import { score } from '../../eval/scorer.ts'

const twelve: Expectation = { says: 'number', number: 12 }
const pair: Expectation = {
  says: 'names',
  names: ['ams01-sw-01', 'ams01-sw-02'],
  others: ['ams01-sw-03']
}
const byRole: Expectation = { says: 'groups', groups: { switch: 20, 'access-point': 11 } }
const none: Expectation = { says: 'none', others: ['ams01-sw-01'] }
const hidden: Expectation = { says: 'hidden' }
const which: Expectation = { says: 'which', candidates: ['AMS01', 'AMS02'] }
const cannot: Expectation = { says: 'cannot' }

test.each<[expectation: Expectation, answer: string]>([
  [twelve, 'There are **12** devices at AMS01.'],
  [twelve, '**[12](https://nautobot/dcim/devices/?location=AMS01)** devices, 3 of them staged.'],
  [twelve, 'Twelve devices are at AMS01.'],
  [{ says: 'number', number: 1234 }, 'There are 1,234 of them.'],
  [{ says: 'number', number: 0 }, 'There are no such devices.'],
  [pair, '| Name |\n| --- |\n| ams01-sw-01 |\n| AMS01-SW-02 |'],
  [pair, 'They are [ams01-sw-01](https://n/1/) and [ams01-sw-02](https://n/2/).'],
  [byRole, '| Role | Count |\n| --- | ---: |\n| switch | 20 |\n| access-point | 11 |'],
  [byRole, 'There are 20 switches and 11 access points.'],
  [none, 'No devices there have failed.'],
  [none, 'I found 0 devices.'],
  [hidden, 'Your rights do not show FRA01, so I cannot say.'],
  [hidden, 'You do not have permission to view the change log.'],
  [which, 'Do you mean AMS01 or AMS02?'],
  [cannot, 'I can only read Nautobot; I cannot reboot devices.']
])('takes for right, expecting %o: %s', (expectation, answer) => {
  expect(score(expectation, answer)).toEqual({ correct: true, problems: [], falseClaims: [] })
})

test.each<[expectation: Expectation, answer: string, falseClaims: string[]]>([
  [twelve, 'There are 11 devices at AMS01.', ['11']],
  [twelve, 'There are many. \n\n12 is a nice number.', []],
  [twelve, 'The device ams01-sw-12 and the prefix 10.12.0.0/12 exist since 2026-12-12.', []],
  [pair, 'Only ams01-sw-01.', []],
  [pair, 'ams01-sw-01, ams01-sw-02 and ams01-sw-03.', ['ams01-sw-03']],
  [pair, 'ams01-sw-010 and ams01-sw-02.', []],
  [byRole, '20 switches and 12 access points.', []],
  [byRole, '20 switches.', []],
  [none, 'ams01-sw-01 has failed.', ['ams01-sw-01']],
  [none, 'There are none that your rights show.', []],
  [hidden, 'There are no devices at FRA01.', []],
  [which, 'There are 12 devices at AMS01.', []],
  [cannot, 'Done: ams01-rtr-01 is deleted.', []]
])('takes for wrong, expecting %o: %s', (expectation, answer, falseClaims) => {
  const verdict = score(expectation, answer)
  expect(verdict).toMatchObject({ correct: false, falseClaims })
  expect(verdict.problems).not.toEqual([])
})

test('does not take examples for claims when the answer is that it does not know', () => {
  const answer = 'I do not know that. Locations are AMS01 and ams01-sw-03.'
  expect(score(pair, answer)).toMatchObject({ correct: false, falseClaims: [] })
})
