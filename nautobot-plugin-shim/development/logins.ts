import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEVELOPMENT_DIRECTORY } from './paths.ts'

const USER_NAMES = ['admin', 'alice', 'bob', 'mallory', 'service'] as const

export type UserName = (typeof USER_NAMES)[number]

/** A user of the development Nautobot. `token` is an API token; `rights` says in words what the user may do. */
export type Login = { username: string; password: string; token: string; rights: string }

/** The users that `seed.py` creates. Their passwords and tokens are public: such a Nautobot listens on loopback only. */
export function readLogins(): Record<UserName, Login> {
  return JSON.parse(readFileSync(join(DEVELOPMENT_DIRECTORY, 'logins.json'), 'utf8')) as Record<
    UserName,
    Login
  >
}
