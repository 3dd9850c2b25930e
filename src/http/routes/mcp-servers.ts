import { MCP_SERVERS } from '../../catalog/catalog-kinds.ts'
import type { CatalogView } from '../../catalog/catalog-translation.ts'
import { enabledQuerySchema } from '../configuration-schemas.ts'
import { toHealthBody } from '../health-body.ts'
import { mcpServerSchemas } from '../mcp-server-schemas.ts'
import { type ConfigurationOptions, configurationObjects } from './configuration-objects.ts'

/** The foreign tool servers that answers may draw on. */
export const mcpServers = configurationObjects({
  kind: MCP_SERVERS,
  tag: 'MCP servers',
  article: 'an MCP server',
  complete: withFacts,
  schemas: { ...mcpServerSchemas, query: enabledQuerySchema }
})

async function withFacts(
  items: readonly CatalogView[],
  { serverHealth, changedTools }: ConfigurationOptions
): Promise<CatalogView[]> {
  const ids = items.map(({ id }) => String(id))
  const [known, changed] = await Promise.all([serverHealth(ids), changedTools(ids)])
  return items.map((item) => {
    const health = known.get(String(item.id))
    const names = changed.get(String(item.id)) ?? []
    return {
      ...item,
      ...(health && { health: toHealthBody(health) }),
      ...(names.length > 0 && { changedTools: names })
    }
  })
}
