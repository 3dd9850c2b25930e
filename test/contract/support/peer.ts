import { createAuthenticator } from '../../../src/auth/authenticator.ts'
import { createUserTokens } from '../../../src/auth/user-token.ts'
import { AppError } from '../../../src/errors.ts'
import { createNautobotClient } from '../../../src/nautobot/client.ts'
import type { NautobotClient } from '../../../src/nautobot/client.types.ts'
import { createModelDirectory } from '../../../src/nautobot-tools/model-directory.ts'
import { Secret } from '../../../src/platform/secret.ts'
import type { ToolAnswer } from '../../support/tool-client.ts'
import { type CallTool, openTools } from '../../support/tool-client.ts'
import type { Filters } from './count-cases.ts'
import type { Sight } from './oracle.ts'

/** A Nautobot over the sample network, with a user of each sight and the service account. */
export interface ContractPeer {
  url: string
  /** API tokens. */
  tokens: Record<Sight | 'service', string>
}

export const SHIM_API = '/api/plugins/ai-ops'
export const SIGHTS: Sight[] = ['everything', 'ams01']
export const context = () => ({ signal: new AbortController().signal, correlationId: 'contract' })

function clientOf(url: string): NautobotClient {
  return createNautobotClient({
    url,
    publicUrl: url,
    timeoutMs: 30_000,
    maxInFlight: 4,
    maxInFlightPerToken: 4,
    maxResponseBytes: 5_000_000,
    verifyTls: true
  })
}

/** The Nautobot of a test, as its clients see it, with nothing remembered. */
export function open({ url, tokens }: ContractPeer) {
  const nautobot = clientOf(url)
  const serviceToken = new Secret(tokens.service)
  const authenticate = createAuthenticator({ nautobot, serviceToken })
  const userTokens = createUserTokens({ nautobot, serviceToken })
  const directory = createModelDirectory()
  const opened = new Map<Sight, ReturnType<typeof openTools>>()
  const as = (who: Sight | 'service') => ({ ...context(), token: new Secret(tokens[who]) })

  async function openAs(sight: Sight) {
    const caller = await authenticate(`Token ${tokens[sight]}`, 'chat', context())
    const { token, userId } = await userTokens.forCaller(caller, context())
    return openTools(nautobot, { userId, token: token.reveal(), directory })
  }

  return {
    nautobot,
    as,
    authenticate,
    userTokens,
    exchange: (body: unknown, who: Sight | 'service' = 'service') =>
      nautobot.send('POST', `${SHIM_API}/token-exchange/`, body, as(who)),
    /** The tools with a token made by exchange, as in a run. */
    async tools(sight: Sight): Promise<CallTool> {
      const tools = opened.get(sight) ?? openAs(sight)
      opened.set(sight, tools)
      return (await tools).call
    },
    async close() {
      for (const tools of opened.values()) await (await tools).close()
    }
  }
}

const connections = new Map<string, ReturnType<typeof open>>()

/** One for all tests: a real Nautobot takes its time for each first request. */
export function connect(peer: ContractPeer): ReturnType<typeof open> {
  const connection = connections.get(peer.url) ?? open(peer)
  connections.set(peer.url, connection)
  return connection
}

/** Filters as REST writes them. */
export const toQuery = (filters: Filters) =>
  Object.fromEntries(
    Object.entries(filters).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(String) : value
    ])
  )

export const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof AppError ? error.code : String(error))
  )

/** The shim's own name for why an exchange was refused. */
export const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => 'exchanged',
    (error: unknown) => ((error as AppError).cause as { body?: { code?: string } }).body?.code
  )

export const errorOf = ({ isError, text }: ToolAnswer) => ({
  isError,
  ...(text.error as { code: string; message: string; nearest?: string[] })
})
