import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEVELOPMENT_DIRECTORY } from './paths.ts'

const USER_NAMES = ['admin', 'alice', 'bob', 'mallory', 'service'] as const
const LARGE_USER_NAMES = ['carol', 'dave'] as const

export type UserName = (typeof USER_NAMES)[number]
/** Users that only the large profile has. */
export type LargeUserName = (typeof LARGE_USER_NAMES)[number]

/** A user of the development Nautobot. `token` is an API token; `rights` says in words what the user may do. */
export type Login = { username: string; password: string; token: string; rights: string }

function readFile<N extends string>(name: string): Record<N, Login> {
  return JSON.parse(readFileSync(join(DEVELOPMENT_DIRECTORY, name), 'utf8')) as Record<N, Login>
}

/** The users that `seed.py` creates. Their passwords and tokens are public: such a Nautobot listens on loopback only. */
export const readLogins = () => readFile<UserName>('logins.json')

/** Those of the large profile, who come on top. */
export const readLargeLogins = () => readFile<LargeUserName>(join('large', 'logins.json'))
