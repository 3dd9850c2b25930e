/**
 * The kernel drops signals that a container's first process has no handler for. Without this, one that comes while
 * modules are still loading is lost, and whoever sent it waits for its deadline. The image loads it before all else.
 */
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

/** Nothing has begun yet that would have to be ended in order. */
function leave(): void {
  process.exit(0)
}

for (const signal of SIGNALS) process.once(signal, leave)

/** From here on the caller's own handlers end the process. */
export function endEarlyStop(): void {
  for (const signal of SIGNALS) process.off(signal, leave)
}
