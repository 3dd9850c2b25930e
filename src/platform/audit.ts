import type { Logger } from './logger.ts'

/** Who did what, and what came of it. No content: no arguments, results, reasons or secrets. */
export interface AuditLine {
  /** Stable: `tool.called`, `approval.decided`, … */
  readonly event: string
  readonly outcome: string
  /** Nautobot's id and name of the user; absent for what the service does by itself. */
  readonly userId?: string | undefined
  readonly user?: string | undefined
  readonly correlationId?: string | undefined
  readonly [what: string]: string | number | undefined
}

export type Audit = (line: AuditLine) => void

/** Lines with `audit: true` in the log, whatever level of it is wanted; none where there is no log at all. */
export function createAudit(logger: Logger): Audit {
  const level = logger.level === 'silent' ? 'silent' : 'info'
  const audited = logger.child({ audit: true }, { level })
  return (line) => audited.info(line, 'audit')
}
