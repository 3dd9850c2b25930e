import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SampleChange, SampleNetwork } from '../../src/lab/network.schema.ts'
import { SHIM_DIRECTORY } from './paths.ts'

/** What `seed.py` writes beside the sample's own entries of the change log. */
const DETAIL = 'maintenance'

/** Where the objects that have a history are, and what they are called by. */
const TABLES: Readonly<Record<string, readonly [table: string, key: string]>> = {
  'dcim.device': ['dcim_device', 'name'],
  'circuits.circuit': ['circuits_circuit', 'cid']
}

/**
 * SQL that makes each change of the sample network as old as the sample says, and its object as long unchanged. Only a start
 * can do that: the database is a copy of one that may have been seeded days ago.
 */
export function sampleAges(): string {
  const file = join(SHIM_DIRECTORY, '..', 'src', 'lab', 'network.json')
  const { changes } = JSON.parse(readFileSync(file, 'utf8')) as SampleNetwork
  return changes.flatMap(agesOf).join('\n')
}

function agesOf({ hoursAgo, action, name, objectType }: SampleChange): string[] {
  const [table, key] = TABLES[objectType] ?? []
  if (table === undefined) throw new Error(`The table of ${objectType} is not known`)
  const moment = `now() - interval '${hoursAgo} hours'`
  return [
    `UPDATE extras_objectchange SET time = ${moment} WHERE change_context_detail = '${DETAIL}'` +
      ` AND action = '${action}' AND object_repr = '${name}';`,
    `UPDATE ${table} SET last_updated = ${moment} WHERE ${key} = '${name}';`
  ]
}
