import type { Caller, UserToken } from '../auth/caller.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { type Choosing, chooseForTurn, type TurnChoice } from './turn-choice.ts'

/** Who asks, and what they asked for. */
export interface Wishes extends Choosing {
  readonly caller: Caller
}

/** One revision of the catalog, and what of it this run uses. Fixed from start to end. */
export interface TurnPlan extends TurnChoice {
  readonly caller: Caller
  readonly userToken: UserToken
  readonly catalog: Catalog
}

/**
 * Chooses the model and the servers of a run. Throws MODEL_NOT_CONFIGURED, UNKNOWN_MODEL,
 * MODEL_NOT_PERMITTED, UNKNOWN_TOOL_SERVER.
 */
export function planTurn(wishes: Wishes, catalog: Catalog, userToken: UserToken): TurnPlan {
  const { caller } = wishes
  return { caller, userToken, catalog, ...chooseForTurn(wishes, catalog, userToken) }
}
