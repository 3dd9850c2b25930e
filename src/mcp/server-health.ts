import type { ServerProbe } from './mcp-probe.ts'

/** What is known of an MCP server's health. Times in milliseconds since the epoch. */
export interface ServerHealth extends ServerProbe {
  /** Probes in a row with this outcome, at most {@link PROBES_FOR_A_STATUS}: more tell nothing more. */
  readonly streak: number
  /** When it answered last; undefined when it never did. */
  readonly lastSeenAt: number | undefined
}

/** One bad moment is no failure, and one good one no recovery. */
export const PROBES_FOR_A_STATUS = 2

/** What is known after another probe. */
export function afterProbe(known: ServerHealth | undefined, probe: ServerProbe): ServerHealth {
  const repeated = known?.ok === probe.ok ? known.streak : 0
  return {
    ...probe,
    streak: Math.min(repeated + 1, PROBES_FOR_A_STATUS),
    lastSeenAt: probe.ok ? probe.at : known?.lastSeenAt
  }
}

/** The status that the probes speak for; undefined while they are not of one mind. */
export function statusOf({ ok, streak }: ServerHealth): 'Healthy' | 'Failed' | undefined {
  if (streak < PROBES_FOR_A_STATUS) return undefined
  return ok ? 'Healthy' : 'Failed'
}
