import type { LoggedEvent } from '../../runs/run.ts'
import { encodeSseMessage } from './sse.ts'

/** An event of a run's log as AG-UI expects it on the wire, named by its type. */
export function encodeAgUi({ id, type, json }: LoggedEvent): string {
  return encodeSseMessage(id, type, json)
}
