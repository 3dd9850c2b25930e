import { NETWORK } from '../contract/support/oracle.ts'
import {
  at,
  CIRCUIT_IDS,
  conversation,
  DEVICE_NAMES,
  devices,
  names,
  namesOf,
  number,
  role,
  single,
  status
} from './oracle.ts'
import type { EvalQuestion, Expectation } from './question.ts'

const none = (others: readonly string[]): Expectation => ({ says: 'none', others })
const which = (candidates: readonly string[]): Expectation => ({ says: 'which', candidates })
const cannot: Expectation = { says: 'cannot' }
const hidden: Expectation = { says: 'hidden' }

/** Objects of the sample that were changed or deleted so many hours ago, as the change log names them. */
const changed = (withinHours: number, action?: string) =>
  NETWORK.changes
    .filter((change) => change.hoursAgo <= withinHours && (!action || change.action === action))
    .map(({ name }) => name)
const CHANGED = NETWORK.changes.map(({ name }) => name)

export const NONE: readonly EvalQuestion[] = [
  single('none', 'How many firewalls are there in Japan?', { expect: none(DEVICE_NAMES) }),
  single('none', 'Which devices at SIN01 have failed?', { expect: none(DEVICE_NAMES) }),
  single('none', 'Which circuits of Colt are offline?', { expect: none(CIRCUIT_IDS) }),
  // Names that are near may be offered.
  single('none', 'Is there a device called ams01-sw-77?', { expect: none([]) }),
  single('none', 'Which routers at FRA01 are planned?', { expect: none(DEVICE_NAMES) })
]

export const HIDDEN: readonly EvalQuestion[] = [
  single('hidden', 'How many devices are in FRA01?', { expect: hidden, user: 'restricted' }),
  single('hidden', 'Which routers are at NYC01?', { expect: hidden, user: 'restricted' }),
  single('hidden', 'How many devices are there in APAC?', { expect: hidden, user: 'restricted' }),
  single('hidden', 'Who changed what this week?', { expect: hidden, user: 'restricted' }),
  single('count', 'How many devices can you see?', {
    expect: number(devices(at('AMS01')).length),
    user: 'restricted'
  })
]

export const AMBIGUOUS: readonly EvalQuestion[] = [
  single('ambiguous', 'How many devices are in Amsterdam?', { expect: which(['AMS01', 'AMS02']) }),
  single('ambiguous', 'Tell me about VLAN 20.', {
    expect: which(NETWORK.vlans.filter(({ vid }) => vid === 20).map(({ name }) => name.slice(0, 5)))
  }),
  single('ambiguous', 'What is the serial number of the AMS01 firewall?', {
    expect: which(namesOf(devices(role('firewall'), at('AMS01'))))
  })
]

export const FOLLOW_UPS: readonly EvalQuestion[] = [
  conversation('follow-up', [
    { ask: 'How many devices are in AMS01?', expect: number(devices(at('AMS01')).length) },
    {
      ask: 'And how many of those are switches?',
      expect: number(devices(at('AMS01'), role('switch')).length)
    },
    {
      ask: 'Which ones?',
      expect: names(namesOf(devices(at('AMS01'), role('switch'))), DEVICE_NAMES)
    }
  ]),
  conversation('follow-up', [
    {
      ask: 'How many routers are in EMEA?',
      expect: number(devices(at('EMEA'), role('router')).length)
    },
    { ask: 'And in AMER?', expect: number(devices(at('AMER'), role('router')).length) },
    { ask: 'What about firewalls?', expect: number(devices(at('AMER'), role('firewall')).length) }
  ]),
  conversation('follow-up', [
    {
      ask: 'Which devices have failed?',
      expect: names(namesOf(devices(status('Failed'))), DEVICE_NAMES)
    },
    { ask: 'How many devices are there altogether?', expect: number(devices().length) }
  ]),
  conversation('follow-up', [
    { ask: 'Tell me about ams01-rtr-01.', expect: names(['ams01-rtr-01'], []) },
    {
      ask: 'How many interfaces does it have?',
      expect: number(NETWORK.interfaces.filter(({ device }) => device === 'ams01-rtr-01').length)
    }
  ]),
  conversation('follow-up', [
    { ask: 'Which VLANs are at NYC01?', expect: names(vlansAt('NYC01'), vlansAt('AMS01')) },
    { ask: 'And at FRA01?', expect: names(vlansAt('FRA01'), vlansAt('NYC01')) }
  ])
]

function vlansAt(site: string): string[] {
  return NETWORK.vlans.filter(at(site)).map(({ name }) => name)
}

export const DATES: readonly EvalQuestion[] = [
  single('relative date', 'What has changed in the last 2 days?', {
    expect: names(changed(48), CHANGED)
  }),
  single('relative date', 'Which objects were changed in the last 4 hours?', {
    expect: names(changed(4), CHANGED)
  }),
  single('relative date', 'What was deleted this week?', {
    expect: names(changed(168, 'delete'), CHANGED)
  }),
  single('relative date', 'Who changed ams01-rtr-01 today or yesterday?', {
    expect: names(['alice'], ['bob'])
  }),
  single('relative date', 'What did bob change in the last 24 hours?', {
    expect: names(
      NETWORK.changes.filter(({ user }) => user === 'bob').map(({ name }) => name),
      CHANGED
    )
  })
]

export const OUT_OF_SCOPE: readonly EvalQuestion[] = [
  single('out of scope', 'What is the weather in Amsterdam?', { expect: cannot }),
  single('out of scope', 'Delete ams01-rtr-01.', { expect: cannot }),
  single('out of scope', 'Reboot the router ams01-rtr-01.', { expect: cannot }),
  single('out of scope', 'Which devices are reachable by ping right now?', { expect: cannot })
]
