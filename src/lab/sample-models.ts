import type { SampleModel } from './sample-model.ts'
import { AI_OPS_MODELS } from './sample-models-ai-ops.ts'
import { DCIM_MODELS } from './sample-models-dcim.ts'
import { IPAM_MODELS } from './sample-models-ipam.ts'
import { MORE_MODELS } from './sample-models-more.ts'

/**
 * The written list: every model, field and filter that the sample serves as Nautobot 3.2 does. Whatever else Nautobot
 * has is answered with 501 `NOT_IN_SAMPLE`.
 */
export const SAMPLE_MODELS: readonly SampleModel[] = [
  ...DCIM_MODELS,
  ...IPAM_MODELS,
  ...MORE_MODELS,
  ...AI_OPS_MODELS
]

const byType = new Map(SAMPLE_MODELS.map((model) => [model.objectType, model]))

/** The model of an object type, or undefined outside the sample. */
export function findModel(objectType: string): SampleModel | undefined {
  return byType.get(objectType)
}

/** A model that the sample's own code names. */
export function modelOf(objectType: string): SampleModel {
  const model = byType.get(objectType)
  if (!model) throw new Error(`${objectType} is not in the sample`)
  return model
}
