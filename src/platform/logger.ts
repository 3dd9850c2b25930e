import { type DestinationStream, type Logger, pino } from 'pino'
import { describeError, redactForLog } from './log-redaction.ts'
import { traceFields } from './tracing.ts'

export type { Logger } from 'pino'

interface LoggerOptions {
  readonly level: string
  /** Added to every line. */
  readonly version: string
  /** Standard output when not given. */
  readonly destination?: DestinationStream
}

/** JSON lines; nothing that looks like a credential gets through, whoever logs it. */
export function createLogger({ level, version, destination }: LoggerOptions): Logger {
  return pino(
    {
      level,
      base: { service: 'nautobot-ai-ops', version },
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (value) => (value instanceof Error ? describeError(value) : value) },
      // Finds a line's trace, and a trace's lines.
      mixin: traceFields,
      formatters: {
        level: (label) => ({ level: label }),
        log: (line) => redactForLog(line) as Record<string, unknown>
      }
    },
    destination ?? pino.destination({ sync: false, minLength: 0 })
  )
}
