import type { CallContext } from '../platform/call-context.ts'
import type { Secret } from '../platform/secret.ts'
import type { UserToken } from './caller.ts'
import type { UserTokens } from './user-token.ts'

/** A token with less time left is renewed before it is used. */
const RENEW_BEFORE_MS = 60_000

/** The asking user's token for the length of a run. */
export interface RunToken {
  /** Throws what {@link UserTokens.renew} throws: UNAUTHENTICATED when the session or the grant has ended. */
  userToken(context: CallContext): Promise<Secret>
  /** Nautobot refused this token. */
  forgetToken(token: Secret): void
}

export interface RunTokenOptions {
  /** What the run began with, or was taken over with. */
  readonly first: UserToken
  readonly userTokens: Pick<UserTokens, 'renew' | 'forget'>
  readonly now?: () => number
}

/**
 * The token of a run, used for its life and renewed by its grant when it is about to expire or was refused: a run may
 * outlive both its token and the session it began in. Calls that need a new one at the same time share it.
 */
export function createRunToken({ first, userTokens, now = Date.now }: RunTokenOptions): RunToken {
  let held: UserToken | undefined = first

  return {
    async userToken(context) {
      if (held && held.expiresAt - now() > RENEW_BEFORE_MS) return held.token
      const renewed = await userTokens.renew(first.grant, context)
      held = renewed
      return renewed.token
    },
    forgetToken(token) {
      userTokens.forget(token)
      if (held?.token.reveal() === token.reveal()) held = undefined
    }
  }
}
