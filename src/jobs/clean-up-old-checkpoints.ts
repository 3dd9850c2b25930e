import type { CleanupReport, ConversationCleanup } from '../conversations/conversation-cleanup.ts'
import type { Job } from './job.ts'

const TIMEOUT_MS = 600_000
const MIN_INTERVAL_MS = 45 * 60_000

/** Retention by age and by number for each user, and the collection of what runs have left behind. */
export function createCleanUpOldCheckpoints(cleanup: ConversationCleanup): Job {
  return {
    name: 'clean-up-old-checkpoints',
    description:
      'Clean up old checkpoints: deletes conversations that are too old or too many, and collects what nothing refers to.',
    schedule: '7 * * * *',
    scope: 'deployment',
    minIntervalMs: MIN_INTERVAL_MS,
    timeoutMs: TIMEOUT_MS,
    run: async ({ signal }) => describe(await cleanup.run(signal))
  }
}

function describe(report: CleanupReport): string {
  const { lookedAt, deletedByAge, deletedBeyondLimit, struckOff, isComplete } = report
  const { collectedCheckpoints, collectedContents, freedBytes } = report
  const did = [
    `looked at ${lookedAt} conversations`,
    `deleted ${deletedByAge} by age, ${deletedBeyondLimit} beyond the limit per user`,
    `struck off ${struckOff} that had expired`,
    `collected ${collectedCheckpoints} checkpoints, ${collectedContents} contents`,
    `freed ${freedBytes} bytes`
  ]
  const rest = isComplete ? '' : ' The next run goes on from there.'
  const sentence = did.join('; ')
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.${rest}`
}
