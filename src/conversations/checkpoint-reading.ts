import {
  type Checkpoint,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  maxChannelVersion,
  TASKS,
  writesSortKey
} from '@langchain/langgraph-checkpoint'
import type { RedisReply } from '../platform/redis-script.ts'
import { type CheckpointPlace, configOf } from './checkpoint-place.ts'
import { decompress } from './compression.ts'
import type { ContentReader, ContentStore } from './content-store.ts'

interface StoredRecord {
  readonly p?: string
  readonly v: Readonly<Record<string, { readonly t?: string; readonly h?: string }>>
}

interface StoredWrite {
  readonly c: string
  readonly p: string
  readonly a?: string
  readonly t?: string
  readonly h?: string
}

type Texts = readonly Buffer[]

/** The checkpoint that the script GET answered with. */
export async function readStoredCheckpoint(
  place: CheckpointPlace,
  parts: readonly RedisReply[],
  store: ContentStore
): Promise<CheckpointTuple> {
  const [id, text, bytes, lists, found, hashes, read] = parts as [
    Buffer,
    Buffer,
    Buffer,
    Texts,
    Texts,
    Texts,
    (Buffer | null)[]
  ]
  const record = JSON.parse(text.toString()) as StoredRecord
  const own = decompress(bytes)
  const writes = pairs(found).map(([name, write]) => ({ name, write: parseWrite(write) }))
  const inline = [
    own,
    ...writes.map(({ write }) => write.t),
    ...Object.values(record.v).map(({ t }) => t)
  ]
  const reader = await store.reader(place.threadId, contentsOf(hashes, read), inline)
  const [rest, metadata] = reader.value({ t: own }) as [Checkpoint, CheckpointMetadata]
  const checkpointId = id.toString()
  return {
    config: configOf(place, checkpointId),
    checkpoint: { ...rest, id: checkpointId, channel_values: channelValues(record, lists, reader) },
    metadata,
    pendingWrites: pendingWrites(writes, reader),
    ...(record.p !== undefined && { parentConfig: configOf(place, record.p) })
  }
}

function contentsOf(hashes: Texts, read: readonly (Buffer | null)[]): Map<string, Buffer> {
  const contents = new Map<string, Buffer>()
  hashes.forEach((hash, place) => {
    const content = read[place]
    if (content) contents.set(hash.toString(), content)
  })
  return contents
}

function parseWrite(write: Buffer): StoredWrite {
  return JSON.parse(write.toString()) as StoredWrite
}

function channelValues({ v }: StoredRecord, lists: Texts, reader: ContentReader) {
  const messages = new Map(pairs(lists).map(([channel, list]) => [channel, list.toString()]))
  return Object.fromEntries(
    Object.entries(v).map(([channel, value]) => {
      const list = messages.get(channel)
      return [channel, list === undefined ? reader.value(value) : reader.messages(list)]
    })
  )
}

/** In the order in which LangGraph applies them: by path, task and place. */
function pendingWrites(
  writes: readonly { readonly name: string; readonly write: StoredWrite }[],
  reader: ContentReader
): CheckpointPendingWrite[] {
  return writes
    .map(({ name, write }) => {
      const [taskId = '', place] = name.split('\n')
      const value = write.a === undefined ? reader.value(write) : reader.messages(write.a)
      const entry: CheckpointPendingWrite = [taskId, write.c, value]
      return { key: writesSortKey(write.p, taskId, Number(place)), entry }
    })
    .sort((one, other) => compareWritesSortKeys(one.key, other.key))
    .map(({ entry }) => entry)
}

/** Checkpoints before version 4 had what is to be sent in the writes of their parent. */
export function withPendingSends(
  tuple: CheckpointTuple,
  parent: CheckpointTuple | undefined
): CheckpointTuple {
  const sends = (parent?.pendingWrites ?? []).filter(([, channel]) => channel === TASKS)
  const { checkpoint } = tuple
  const versions = Object.values(checkpoint.channel_versions)
  return {
    ...tuple,
    checkpoint: {
      ...checkpoint,
      channel_values: { ...checkpoint.channel_values, [TASKS]: sends.map(([, , value]) => value) },
      channel_versions: {
        ...checkpoint.channel_versions,
        [TASKS]: versions.length > 0 ? maxChannelVersion(...versions) : 1
      }
    }
  }
}

function pairs(flat: Texts): [string, Buffer][] {
  const result: [string, Buffer][] = []
  for (let place = 0; place + 1 < flat.length; place += 2) {
    result.push([String(flat[place]), flat[place + 1] as Buffer])
  }
  return result
}
