import type { Config } from '../config.ts'
import { createNautobotClient, type NautobotRequest } from '../nautobot/client.ts'
import type { OwnedNautobotClient } from '../nautobot/client.types.ts'
import { createEgressRules } from '../platform/egress.ts'
import { createOutbound, type Outbound } from '../platform/outbound.ts'
import { hostOf } from '../platform/proxy.ts'
import type { Surroundings } from './surroundings.ts'

const CONNECT_TIMEOUT_MS = 10_000
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024

/** The way to Nautobot, as the environment says. Its owner closes it. */
export function connectNautobot(
  { limits, tls, proxy }: Config,
  { nautobot: { url, publicUrl } }: Pick<Surroundings, 'nautobot'>,
  onRequest?: (request: NautobotRequest) => void
): OwnedNautobotClient {
  return createNautobotClient({
    url,
    publicUrl,
    timeoutMs: limits.nautobotTimeoutMs,
    maxInFlight: limits.nautobotMaxInFlight,
    maxInFlightPerToken: limits.nautobotMaxInFlightPerUser,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    verifyTls: tls.verify,
    proxy,
    ...(onRequest && { onRequest })
  })
}

/** The way to model providers and MCP servers, as the environment says. Its owner closes it. */
export function connectOut(
  { proxy, tls, egressAllow }: Config,
  trustedHosts: readonly string[]
): Outbound {
  return createOutbound({
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    maxResponseBytes: MAX_RESPONSE_BYTES,
    proxy,
    egress: createEgressRules(egressAllow && [...egressAllow, ...trustedHosts]),
    mustVerifyTls: !tls.mayDisable
  })
}

/** What the same person writes who writes the list: the models and servers of LAB, and where tokens come from. */
export function trustedHostsOf(
  { entraAuthority }: Config,
  { extraModels, extraMcpServers }: Surroundings
): string[] {
  const described = [...extraModels, ...extraMcpServers]
  const addresses = [entraAuthority, ...described.map(({ address }) => address)]
  return addresses.flatMap((address) => {
    const url = URL.parse(address)
    return url ? [hostOf(url)] : []
  })
}
