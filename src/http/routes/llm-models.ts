import { LLM_MODELS } from '../../catalog/catalog-kinds.ts'
import type { CatalogView } from '../../catalog/catalog-translation.ts'
import { enabledQuerySchema, llmModelSchemas } from '../configuration-schemas.ts'
import { toProbeBody } from '../probe-body.ts'
import { type ConfigurationOptions, configurationObjects } from './configuration-objects.ts'

/** The language models that questions can be put to. */
export const llmModels = configurationObjects({
  kind: LLM_MODELS,
  tag: 'LLM models',
  article: 'an LLM model',
  complete: withProbes,
  schemas: { ...llmModelSchemas, query: enabledQuerySchema }
})

async function withProbes(
  items: readonly CatalogView[],
  { lastProbes }: ConfigurationOptions
): Promise<CatalogView[]> {
  const probes = await lastProbes(items.map(({ id }) => String(id)))
  return items.map((item) => {
    const probe = probes.get(String(item.id))
    return probe ? { ...item, probe: toProbeBody(probe) } : item
  })
}
