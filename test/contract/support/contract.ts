import { afterAll } from 'vitest'
import { changesAgree } from './changes.ts'
import { changesToolAgrees, missingChangesAgree } from './changes-tool.ts'
import { countsAgree } from './counts.ts'
import { groupFiltersAgree, groupsAgree } from './groups.ts'
import { exchangesAgree, refusedExchangesAgree } from './identity.ts'
import { devicesAgree, listsAgree } from './lists.ts'
import { descriptionsAgree, objectsAgree } from './objects.ts'
import { type ContractPeer, connect } from './peer.ts'
import { queriesAgree, wrongQueriesAgree } from './queries.ts'
import { rightsAgree, wrongNamesAgree } from './refusals.ts'
import { relatedAgrees } from './related.ts'

/** What this service relies on in a Nautobot. Registers the tests; `peer` is asked once they run. */
export function contract(peer: () => ContractPeer): void {
  afterAll(() => connect(peer()).close())
  countsAgree(peer)
  groupsAgree(peer)
  groupFiltersAgree(peer)
  devicesAgree(peer)
  listsAgree(peer)
  objectsAgree(peer)
  relatedAgrees(peer)
  descriptionsAgree(peer)
  changesAgree(peer)
  queriesAgree(peer)
  wrongQueriesAgree(peer)
  changesToolAgrees(peer)
  missingChangesAgree(peer)
  wrongNamesAgree(peer)
  rightsAgree(peer)
  exchangesAgree(peer)
  refusedExchangesAgree(peer)
}
