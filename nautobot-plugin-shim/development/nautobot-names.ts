// `node nautobot-plugin-shim/development/nautobot-names.ts`: writes the names that the embedded sample knows, from a running
// Nautobot.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import network from '../../src/lab/network.json' with { type: 'json' }
import { SAMPLE_MODELS } from '../../src/lab/sample-models.ts'
import { type RunningNautobot, startNautobot } from './nautobot.ts'
import { CHECKOUT_DIRECTORY, NAUTOBOT_VERSION } from './paths.ts'

const COMMENT = `Names that Nautobot ${NAUTOBOT_VERSION} knows, taken from a running one by nautobot-names.ts. A name outside the sample but in this list is answered with NOT_IN_SAMPLE, any other as Nautobot answers a name it does not know.`
const APP = 'nautobot_ai_ops.'

/** The files as they belong to a running Nautobot: from their path in the checkout to their content. */
export async function readNautobotNames(
  nautobot: Pick<RunningNautobot, 'nbshell'>
): Promise<ReadonlyMap<string, unknown>> {
  const types = SAMPLE_MODELS.map(({ objectType }) => objectType)
  const asked = [
    types.filter((type) => !type.startsWith(APP)),
    types.filter((type) => type.startsWith(APP)),
    network.roles.map(({ name }) => name)
  ]
  const answer = await nautobot.nbshell(
    `import json, nautobot_names; print(json.dumps(nautobot_names.read_names(*json.loads('''${JSON.stringify(asked)}'''))))`
  )
  // Nautobot may log before it answers.
  const { names, vocabulary } = JSON.parse(answer.trim().split('\n').at(-1) ?? '')
  return new Map<string, unknown>([
    ['src/lab/nautobot-names.json', { comment: COMMENT, ...names }],
    ['src/lab/nautobot-vocabulary.json', vocabulary]
  ])
}

async function run(): Promise<void> {
  const nautobot = await startNautobot({ say: (sentence) => console.log(sentence) })
  try {
    for (const [path, content] of await readNautobotNames(nautobot)) {
      await writeFile(join(CHECKOUT_DIRECTORY, path), `${JSON.stringify(content, null, 2)}\n`)
      console.log(path)
    }
  } finally {
    await nautobot.stop()
  }
}

if (import.meta.main) await run()
