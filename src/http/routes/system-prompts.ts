import { SYSTEM_PROMPTS } from '../../catalog/catalog-kinds.ts'
import { listQuerySchema, systemPromptSchemas } from '../configuration-schemas.ts'
import { configurationObjects } from './configuration-objects.ts'

/** What LLM models are told before any question. */
export const systemPrompts = configurationObjects({
  kind: SYSTEM_PROMPTS,
  tag: 'System prompts',
  article: 'a system prompt',
  schemas: { ...systemPromptSchemas, query: listQuerySchema }
})
