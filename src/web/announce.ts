import { type Answer, answerText } from './message.ts'
import { toolLabel } from './tool-words.ts'

/** What a screen reader hears when a tool starts. */
export function announceTool(name: string): string {
  return `Using ${toolLabel(name)}`
}

/** What a screen reader hears when an answer ends; the log itself stays silent while it grows. */
export function announceEnd(answer: Answer): string {
  if (answer.phase === 'failed') return `The answer failed: ${answer.failure?.message ?? ''}`
  if (answer.phase === 'stopped') return 'Stopped'
  const words = answerText(answer).split(/\s+/).filter(Boolean).length
  return `Answer complete, ${words} ${words === 1 ? 'word' : 'words'}`
}
