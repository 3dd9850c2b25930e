import type { LabSidecar } from './sidecar-lab.ts'

export type AuditLine = Readonly<Record<string, unknown>>

/** The audit that a service has written so far, of which a last line that is still being printed is no part. */
export function auditOf({ logs }: Pick<LabSidecar, 'logs'>): AuditLine[] {
  return logs()
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.includes('"audit":true'))
    .map((line) => JSON.parse(line) as AuditLine)
}
