import type { CatalogStore } from '../catalog/catalog-store.ts'
import { abortable } from '../platform/abortable.ts'
import type { Job } from './job.ts'

const TIMEOUT_MS = 50_000

/** Reads the configuration anew every minute: what a lost event would leave unseen is seen then. */
export function createCatalogRefresh(store: CatalogStore): Job {
  return {
    name: 'catalog-refresh',
    description: 'Reads LLM models, MCP servers and system prompts from Nautobot.',
    schedule: '* * * * *',
    scope: 'replica',
    minIntervalMs: 0,
    timeoutMs: TIMEOUT_MS,
    async run({ signal }) {
      const before = store.peek()?.revision
      const catalog = await abortable(store.refresh(), signal)
      const news = catalog.revision === before ? 'unchanged' : 'changed'
      const { llmModels, mcpServers, systemPrompts } = catalog
      return `${news}: ${llmModels.length} LLM models, ${mcpServers.length} MCP servers, ${systemPrompts.length} system prompts`
    }
  }
}
