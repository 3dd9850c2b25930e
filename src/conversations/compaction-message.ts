import { type BaseMessage, isSystemMessage, SystemMessage } from '@langchain/core/messages'

/** What a summary stands for, in the message that holds it. */
export interface CompactionNote {
  /** Id of the first message that is still read word for word. */
  readonly keptFrom: string
  /** Messages that the summary stands for. */
  readonly messages: number
}

/** A summary as it lies among the messages of its conversation: every replica and every later branch finds it there. */
export function compactionMessage(
  id: string,
  summary: string,
  compaction: CompactionNote
): SystemMessage {
  return new SystemMessage({ id, content: summary, additional_kwargs: { compaction } })
}

/** Undefined for a message that is no summary. */
export function compactionOf(message: BaseMessage): CompactionNote | undefined {
  if (!isSystemMessage(message)) return undefined
  return message.additional_kwargs.compaction as CompactionNote | undefined
}
