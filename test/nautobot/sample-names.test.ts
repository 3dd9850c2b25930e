import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startNautobot } from '../../nautobot-plugin-shim/development/nautobot.ts'
import { readNautobotNames } from '../../nautobot-plugin-shim/development/nautobot-names.ts'
import { CHECKOUT_DIRECTORY } from '../../nautobot-plugin-shim/development/paths.ts'

// A Nautobot of its own: the shared one has statuses and roles that other tests made.
test('the sample has the names of a running Nautobot; nautobot-names.ts writes them anew', async () => {
  const nautobot = await startNautobot()
  try {
    const files = await readNautobotNames(nautobot)
    expect(files.size).toBe(2)
    for (const [path, content] of files) {
      const written = await readFile(join(CHECKOUT_DIRECTORY, path), 'utf8')
      expect(JSON.parse(written), path).toEqual(content)
    }
  } finally {
    await nautobot.stop()
  }
})
