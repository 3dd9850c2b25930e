import type { McpServer } from '../catalog/catalog.ts'
import type { PreparedTools } from './mcp-tools.ts'
import type { ToolRecord, ToolRecords } from './tool-records.ts'

/** Names that are remembered for one server, those that it does not list any more included. */
const MAX_NAMES = 2_000

export interface ToolWatchOptions {
  readonly records: ToolRecords
  /** Tools that are not what was accepted; told once for each of their changes that is seen first. */
  readonly onChanged: (server: McpServer, names: readonly string[]) => void
  /** What was seen could not be kept or read. */
  readonly onFailed: (error: unknown) => void
}

/** How a list differs from what was accepted; names as the server gives them, sorted. */
export interface ToolDifference {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

/**
 * Notices when a tool becomes another one under the same name. What is seen first is taken as it is; from then on a
 * changed description or schema is flagged until an administrator accepts it. The tool stays usable meanwhile. Servers that
 * take the identity of users are not watched.
 */
export interface ToolWatch {
  /** A server has listed its tools. What it comes to is found out beside the questions that wait for them. */
  note(server: McpServer, listed: PreparedTools): void
  /** Names of changed tools by the ids of their servers. Never rejects: what cannot be read is not known. */
  changed(serverIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  /** Names of the tools in this very list that are not what was accepted, noted or not yet. Never rejects, as above. */
  changedIn(server: McpServer, listed: PreparedTools): Promise<readonly string[]>
  /** What was listed counts from now on. Rejects when that cannot be kept. */
  accept(server: McpServer, listed: PreparedTools): Promise<ToolDifference>
  /** Waits for what was noted. */
  close(): Promise<void>
}

export function createToolWatch({ records, onChanged, onFailed }: ToolWatchOptions): ToolWatch {
  async function recordOf(serverId: string): Promise<ToolRecord | undefined> {
    return (await records.read([serverId])).get(serverId)
  }

  /** The last note of each server: the next one is compared with what that has kept. */
  const noting = new Map<string, Promise<void>>()

  async function compare(server: McpServer, { tools }: PreparedTools): Promise<void> {
    try {
      const known = await recordOf(server.id)
      const next = noticed(known, hashesOf(tools))
      await records.keep(server.id, next)
      const fresh = next.changed.filter((name) => !known?.changed.includes(name))
      if (fresh.length > 0) onChanged(server, fresh)
    } catch (error) {
      onFailed(error)
    }
  }

  return {
    note(server, listed) {
      // Each user may be shown others, which are no change and nobody else's business.
      if (server.identity === 'user') return
      const before = noting.get(server.id) ?? Promise.resolve()
      const note = before.then(() => compare(server, listed))
      noting.set(server.id, note)
      void note.finally(() => {
        if (noting.get(server.id) === note) noting.delete(server.id)
      })
    },
    close: async () => void (await Promise.all(noting.values())),
    async changed(serverIds) {
      try {
        const known = await records.read(serverIds)
        return new Map([...known].map(([id, { changed }]) => [id, changed]))
      } catch (error) {
        onFailed(error)
        return new Map()
      }
    },
    async changedIn(server, { tools }) {
      try {
        return differing(hashesOf(tools), (await recordOf(server.id))?.accepted ?? {})
      } catch (error) {
        onFailed(error)
        return []
      }
    },
    async accept(server, { tools }) {
      await noting.get(server.id)
      const accepted = (await recordOf(server.id))?.accepted ?? {}
      const hashes = hashesOf(tools)
      await records.keep(server.id, { accepted: Object.fromEntries(hashes), changed: [] })
      return {
        added: [...hashes.keys()].filter((name) => !Object.hasOwn(accepted, name)).sort(),
        removed: Object.keys(accepted)
          .filter((name) => !hashes.has(name))
          .sort(),
        changed: differing(hashes, accepted)
      }
    }
  }
}

function hashesOf(tools: PreparedTools['tools']): ReadonlyMap<string, string> {
  return new Map(tools.map(({ rawName, hash }) => [rawName, hash]))
}

/** What is not listed any more stays known: one that comes back as something else has changed too. */
function noticed(known: ToolRecord | undefined, hashes: ReadonlyMap<string, string>): ToolRecord {
  const accepted = known?.accepted ?? {}
  const gone = Object.entries(accepted).filter(([name]) => !hashes.has(name))
  const listed = [...hashes].map(([name, hash]) => [
    name,
    Object.hasOwn(accepted, name) ? (accepted[name] ?? hash) : hash
  ])
  return {
    accepted: Object.fromEntries([...listed, ...gone].slice(0, MAX_NAMES)),
    changed: differing(hashes, accepted)
  }
}

function differing(
  hashes: ReadonlyMap<string, string>,
  accepted: ToolRecord['accepted']
): readonly string[] {
  return [...hashes]
    .filter(([name, hash]) => Object.hasOwn(accepted, name) && accepted[name] !== hash)
    .map(([name]) => name)
    .sort()
}
