import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { examine } from './doctor/examine.ts'
import { exitCodeOf, toJson, toLines } from './doctor/report.ts'

const USAGE = `Looks at everything the service needs, with the same environment variables.

  npm run doctor [-- --json]        in the image: node src/doctor.js [--json]

Ends with 0 when all is well, 1 when something should be looked at, 2 when something does not work.
`

// As in main.ts: probes of models must not be told to a third party either.
for (const name of ['LANGSMITH_TRACING', 'LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING_V2']) {
  process.env[name] = 'false'
}
const { json, help } = readArguments()
if (help) {
  process.stdout.write(USAGE)
} else {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')
  ) as { version: string }
  const findings = await examine({ variables: process.env, version })
  process.stdout.write(json ? toJson(findings) : toLines(findings))
  process.exitCode = exitCodeOf(findings)
}

/** What is wanted, or an exit that says how to say it. */
function readArguments() {
  const options = { json: { type: 'boolean' }, help: { type: 'boolean' } } as const
  try {
    return parseArgs({ options }).values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(2)
  }
}
