import { access, constants } from 'node:fs/promises'
import { type Config, ConfigError, loadConfig } from '../config.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const CHECK = 'configuration'

/** The configuration, unless the environment has none that the service would start with. */
export interface Environment {
  readonly config: Config | undefined
  readonly findings: readonly Finding[]
}

/** Whether the service would start with these variables. */
export async function examineEnvironment(
  variables: Readonly<Record<string, string | undefined>>
): Promise<Environment> {
  try {
    const config = loadConfig(variables)
    const warnings = config.warnings.map((sentence) => warn(CHECK, sentence, ADVICE))
    const authorities = await examineAuthorities(variables.NODE_EXTRA_CA_CERTS?.trim())
    const good = ok(CHECK, `The service would start, in ${config.environment}.`)
    return { config, findings: [good, ...warnings, ...authorities] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const findings = error.problems.map(({ variable, problem }) =>
      fail(CHECK, `${variable} ${problem}.`, ADVICE)
    )
    return { config: undefined, findings }
  }
}

const ADVICE = 'docs/environment.md describes every variable.'

/** Node only warns when it cannot read them, and then trusts nobody new. */
async function examineAuthorities(path: string | undefined): Promise<Finding[]> {
  if (!path) return []
  const isReadable = await access(path, constants.R_OK).then(
    () => true,
    () => false
  )
  if (isReadable) return []
  return [
    fail(
      CHECK,
      'The file in NODE_EXTRA_CA_CERTS cannot be read, so its authorities are not trusted.',
      'Mount it where the variable says, readable for the user of this process.'
    )
  ]
}
