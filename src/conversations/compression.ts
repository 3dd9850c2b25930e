import { deflateRawSync, inflateRawSync } from 'node:zlib'

/**
 * Questions, calls and answers are mostly shorter: inflating one costs as much as reading ten of them plain, and
 * a conversation that is opened reads them all. Measured by `test/bench/checkpoints.ts`.
 */
const MIN_COMPRESSED_BYTES = 512
/** For what a reader needs one of: only what the tag and the end of a block cost. */
export const MIN_COMPRESSED_ALONE_BYTES = 96
/** What one step of inflating yields; most contents fit, and a greater step only allocates more. */
const INFLATE_STEP_BYTES = 8 * 1024
const MAX_CONTENT_BYTES = 64 * 1024 * 1024

/**
 * What most contents begin with and consist of. Part of the format: a changed dictionary needs a new tag,
 * and the old one stays for what was written with it.
 */
const DICTIONARY = Buffer.from(
  [
    '"__class__":"id":"name":"url":"description":"parent":"tenant":"rack":"serial":"","status":"Active",',
    '"role":"location":"device_type":"interfaces":"ip_addresses":"prefix":"vlan":"count":"results":[{"id":"',
    '{"$":"m","h":"","lc":1,"type":"constructor","args":[],"kwargs":{},"true","false",null,',
    '["SystemMessage",{"content":"","response_metadata":{},"incomplete":true',
    '["ToolMessage",{"id":"-call_","tool_call_id":"call_","name":"find","content":"","status":"error"}]',
    '"status":"success","artifact":["AIMessage",{"id":"","content":"","tool_calls":[{"name":"count","args":{"model":"dcim.device",',
    '"filters":{"location":["role":["status":["Active"]}},"id":"call_","type":"tool_call"}],"invalid_tool_calls":[],',
    '"usage_metadata":{"input_tokens":,"output_tokens":,"total_tokens":}}]',
    '["HumanMessage",{"id":"","content":"[context]\\ndate: 2026-\\nuser: \\npage: dcim.device:\\n[/context]\\n',
    'How many devices are in Which interfaces Show me the prefixes of What is ","additional_kwargs":{"question":"How many "}}]',
    '[{"v":4,"ts":"2026-T:.Z","channel_versions":{"__start__":2,"messages":3,"branch:to:model":4,"branch:to:tool":3,',
    '"__pregel_tasks":},"versions_seen":{"__input__":{},"__start__":{"__start__":1},"model":{"branch:to:model":},',
    '"tool":{"branch:to:tool":}}},{"source":"input","step":-1,"parents":{}},{"source":"update","source":"loop","step":'
  ].join('')
)

const PLAIN = 0x70
const DEFLATED = 0x64

/**
 * Bytes as they are stored: a tag, then the text as it is, or deflated where that is shorter. Raw deflate with
 * a dictionary: as small as zstd for contents of this size, and read in half the time.
 */
export function compress(text: string, minBytes: number = MIN_COMPRESSED_BYTES): Buffer {
  const plain = Buffer.from(text)
  if (plain.length >= minBytes) {
    const deflated = deflateRawSync(plain, { dictionary: DICTIONARY })
    if (deflated.length < plain.length) return tagged(DEFLATED, deflated)
  }
  return tagged(PLAIN, plain)
}

/** Throws when the bytes are not ours, or were cut. */
export function decompress(stored: Buffer): string {
  const body = stored.subarray(1)
  if (stored[0] === PLAIN) return body.toString()
  if (stored[0] !== DEFLATED) throw new Error('Stored content has an unknown form')
  return inflateRawSync(body, {
    dictionary: DICTIONARY,
    chunkSize: INFLATE_STEP_BYTES,
    maxOutputLength: MAX_CONTENT_BYTES
  }).toString()
}

function tagged(tag: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(tag), body])
}
