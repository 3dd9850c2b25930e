import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { createSampleNautobot } from '../../src/lab/sample-nautobot.ts'
import { Secret } from '../../src/platform/secret.ts'
import { contract } from './support/contract.ts'
import type { ContractPeer } from './support/peer.ts'

const makeToken = () => randomBytes(20).toString('hex')
const tokens = { everything: makeToken(), ams01: makeToken(), service: makeToken() }
const sample = createSampleNautobot({
  serviceToken: new Secret(tokens.service),
  labToken: new Secret(tokens.everything),
  restrictedToken: new Secret(tokens.ams01)
})
const peer: ContractPeer = { url: '', tokens }

beforeAll(async () => {
  peer.url = (await sample.listen()).url
})
afterAll(() => sample.close())

contract(() => peer)
