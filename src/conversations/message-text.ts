import type { BaseMessage } from '@langchain/core/messages'
import { toPlainMessage } from './message-codec.ts'
import { encodeValue } from './value-codec.ts'

const PARTS = [
  'content',
  'id',
  'name',
  'additional_kwargs',
  'response_metadata',
  'tool_calls',
  'invalid_tool_calls',
  'usage_metadata',
  'tool_call_id',
  'status',
  'artifact'
]

/** A message as it is stored. */
export function textOf(message: BaseMessage): string {
  return encodeValue(toPlainMessage(message))
}

/** What a message is made of: as long as these are the same, so is its text. They are replaced, never changed inside. */
export function partsOf(message: BaseMessage): unknown[] {
  const fields = message as unknown as Readonly<Record<string, unknown>>
  return PARTS.map((name) => fields[name])
}
