import MiniSearch from 'minisearch'
import { isRecord } from '../platform/json.ts'
import type { ToolDefinition } from '../tool-server.ts'

const MAX_FOUND = 200
const MAX_TERM_CHARACTERS = 40
const MAX_INDEXED_CHARACTERS = 4_000
const BOOST = { name: 4, server: 2, arguments: 1, description: 1 }
/** Of a term's length; a typing mistake in a longer word. */
const FUZZY_SHARE = 0.2

/** Finds tools by a few words. */
export interface ToolIndex {
  /** The best first, one that is named exactly before all others; at most {@link MAX_FOUND}. */
  find(query: string): readonly ToolDefinition[]
}

export function createToolIndex(tools: readonly ToolDefinition[]): ToolIndex {
  const index = new MiniSearch<Entry>({
    fields: Object.keys(BOOST),
    tokenize: wordsOf,
    searchOptions: {
      boost: BOOST,
      prefix: (term) => term.length > 2,
      fuzzy: (term) => (term.length > 4 ? FUZZY_SHARE : false),
      combineWith: 'OR'
    }
  })
  index.addAll(tools.map(entryOf))
  return {
    find(query) {
      const exact = tools.filter(({ name }) => query.includes(name))
      const found = index.search(query).flatMap(({ id }) => tools[Number(id)] ?? [])
      return [...new Set([...exact, ...found])].slice(0, MAX_FOUND)
    }
  }
}

interface Entry {
  readonly id: number
  readonly name: string
  readonly server: string
  readonly description: string
  readonly arguments: string
}

function entryOf({ name, server, description, inputSchema }: ToolDefinition, id: number): Entry {
  const { properties } = inputSchema
  const names = isRecord(properties) ? Object.keys(properties).join(' ') : ''
  return {
    ...{ id, name, server },
    description: description.slice(0, MAX_INDEXED_CHARACTERS),
    arguments: names.slice(0, MAX_INDEXED_CHARACTERS)
  }
}

/** `listPullRequests2` is three words and a number; a plural is looked for as one. */
function wordsOf(text: string): string[] {
  return text
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{L})(\d)/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => (/[^s]s$/.test(word) && word.length > 3 ? word.slice(0, -1) : word))
    .map((word) => word.slice(0, MAX_TERM_CHARACTERS))
}
