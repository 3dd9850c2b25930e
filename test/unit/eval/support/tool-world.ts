import { createSampleNautobot } from '../../../../src/lab/sample-nautobot.ts'
import { createNautobotClient } from '../../../../src/nautobot/client.ts'
import { Secret } from '../../../../src/platform/secret.ts'
import type { EvalQuestion } from '../../../eval/question.ts'
import { type CallTool, openTools } from '../../../support/tool-client.ts'

type User = EvalQuestion['user']

export interface ToolWorld {
  call(user: User, ...args: Parameters<CallTool>): ReturnType<CallTool>
  close(): Promise<void>
}

const TOKENS: Readonly<Record<User, string>> = { lab: 'lab-token', restricted: 'restricted-token' }

/** The built-in tools over the sample network, for each user of the questions. */
export async function startWorld(): Promise<ToolWorld> {
  const sample = createSampleNautobot({
    serviceToken: new Secret('service-token'),
    labToken: new Secret(TOKENS.lab),
    restrictedToken: new Secret(TOKENS.restricted)
  })
  const { url } = await sample.listen()
  const nautobot = createNautobotClient({
    url,
    publicUrl: url,
    timeoutMs: 10_000,
    maxInFlight: 4,
    maxInFlightPerToken: 4,
    maxResponseBytes: 5_000_000,
    verifyTls: true
  })
  const lab = await openTools(nautobot, { userId: 'lab', token: TOKENS.lab })
  const restricted = await openTools(nautobot, { userId: 'restricted', token: TOKENS.restricted })
  return {
    call: (user, ...args) => (user === 'lab' ? lab : restricted).call(...args),
    close: async () => {
      await lab.close()
      await restricted.close()
      await sample.close()
    }
  }
}
