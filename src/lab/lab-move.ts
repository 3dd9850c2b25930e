import type { LabCall } from './lab-request.ts'

/** What the lab model does next: call tools, or answer. */
export type LabMove = { readonly calls: readonly LabCall[] } | LabAnswer

/** A final answer in Markdown. */
export interface LabAnswer {
  readonly text: string
}
