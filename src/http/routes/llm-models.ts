import { LLM_MODELS } from '../../catalog/catalog-kinds.ts'
import { enabledQuerySchema, llmModelSchemas } from '../configuration-schemas.ts'
import { configurationObjects } from './configuration-objects.ts'

/** The language models that questions can be put to. */
export const llmModels = configurationObjects({
  kind: LLM_MODELS,
  tag: 'LLM models',
  article: 'an LLM model',
  schemas: { ...llmModelSchemas, query: enabledQuerySchema }
})
