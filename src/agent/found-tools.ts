import { CALL_TOOL, SEARCH_TOOLS, type ToolDefinition } from '../tool-server.ts'

const MAX_WHOLE_TOOLS = 6
const MAX_NAMED_TOOLS = 40
const MAX_CHARACTERS = 16_000
const MAX_SCHEMA_CHARACTERS = 4_000
const MAX_DESCRIPTION_CHARACTERS = 400
const MAX_SHORT_CHARACTERS = 80
const MAX_SERVERS = 30
const MAX_SERVER_CHARACTERS = 60

/** What the model reads of tools that were found: the best ones whole, of the others enough to ask for them. */
export function foundTools(found: readonly ToolDefinition[], query: string): string {
  const whole: string[] = []
  let room = MAX_CHARACTERS
  for (const tool of found.slice(0, MAX_WHOLE_TOOLS)) {
    const text = wholeTool(tool, tool.name === query)
    if (whole.length > 0 && text.length > room) break
    room -= text.length
    whole.push(text)
  }
  const others = found.slice(whole.length)
  const named = others.slice(0, MAX_NAMED_TOOLS).map(shortTool)
  const unnamed = others.length - named.length
  return [
    `Call these with ${CALL_TOOL}.`,
    ...whole,
    ...(named.length > 0
      ? [`Further ones; search for a name to see its arguments:`, ...named]
      : []),
    ...(unnamed > 0 ? [`${unnamed} more: search with other words.`] : [])
  ].join('\n')
}

/** A schema that is too long here is shown to who asks for this tool alone. */
function wholeTool({ name, server, description, inputSchema }: ToolDefinition, isAlone: boolean) {
  const schema = JSON.stringify(inputSchema)
  const isShown = isAlone || schema.length <= MAX_SCHEMA_CHARACTERS
  return JSON.stringify({
    ...{ name, server, description: description.slice(0, MAX_DESCRIPTION_CHARACTERS) },
    arguments: isShown ? inputSchema : `Too long to be shown here: ${SEARCH_TOOLS} with "${name}".`
  })
}

function shortTool({ name, description }: ToolDefinition): string {
  return `- ${name}: ${description.replace(/\s+/g, ' ').slice(0, MAX_SHORT_CHARACTERS)}`
}

export function nothingFound(hidden: readonly ToolDefinition[]): string {
  return `Nothing found. Search with other words. There are ${sayServers(hidden)}.`
}

/** How many tools each server has. */
export function sayServers(tools: readonly ToolDefinition[]): string {
  const counts = new Map<string, number>()
  for (const { server } of tools) counts.set(server, (counts.get(server) ?? 0) + 1)
  const shown = [...counts]
    .slice(0, MAX_SERVERS)
    .map(([server, count]) => `${server.slice(0, MAX_SERVER_CHARACTERS)} (${count})`)
  const rest = counts.size > shown.length ? ` and ${counts.size - shown.length} more` : ''
  return `${tools.length} tools of ${shown.join(', ')}${rest}`
}
