import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SampleNetwork } from '../../src/lab/network.schema.ts'
import { SHIM_DIRECTORY } from './paths.ts'

/** What `seed.py` writes beside the sample's own entries of the change log. */
const DETAIL = 'maintenance'

/**
 * SQL that makes each change of the sample network as old as the sample says. Only a start can do that: the database is a copy
 * of one that may have been seeded days ago.
 */
export function sampleAges(): string {
  const file = join(SHIM_DIRECTORY, '..', 'src', 'lab', 'network.json')
  const { changes } = JSON.parse(readFileSync(file, 'utf8')) as SampleNetwork
  return changes
    .map(
      ({ hoursAgo, action, name }) =>
        `UPDATE extras_objectchange SET time = now() - interval '${hoursAgo} hours' WHERE ` +
        `change_context_detail = '${DETAIL}' AND action = '${action}' AND object_repr = '${name}';`
    )
    .join('\n')
}
