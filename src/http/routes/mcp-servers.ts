import { MCP_SERVERS } from '../../catalog/catalog-kinds.ts'
import { enabledQuerySchema, mcpServerSchemas } from '../configuration-schemas.ts'
import { configurationObjects } from './configuration-objects.ts'

/** The foreign tool servers that answers may draw on. */
export const mcpServers = configurationObjects({
  kind: MCP_SERVERS,
  tag: 'MCP servers',
  article: 'an MCP server',
  schemas: { ...mcpServerSchemas, query: enabledQuerySchema }
})
