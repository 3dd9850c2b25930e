import { inject } from 'vitest'
import { contract } from '../contract/support/contract.ts'
import type {} from './support/provided.ts'

contract(() => {
  const { url, users } = inject('nautobot')
  const { alice, bob, service } = users
  return { url, tokens: { everything: alice.token, ams01: bob.token, service: service.token } }
})
