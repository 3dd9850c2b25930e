import { inject } from 'vitest'
import type { UserName } from '../../../nautobot-plugin-shim/development/logins.ts'
import type {} from './provided.ts'

/** Status and parsed body of an answer of Nautobot's REST API. */
export type RestAnswer = { status: number; body: Record<string, unknown> }

/** Asks the shared Nautobot with one user's API token. `path` begins with `/api/`. */
export async function restAs(
  user: UserName,
  path: string,
  init?: RequestInit
): Promise<RestAnswer> {
  const { url, users } = inject('nautobot')
  const headers = {
    authorization: `Token ${users[user].token}`,
    'content-type': 'application/json'
  }
  const answer = await fetch(url + path, { ...init, headers })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** How many objects of a list a user sees; undefined when the user may not view that model at all. */
export async function countAs(user: UserName, list: string): Promise<number | undefined> {
  const { status, body } = await restAs(
    user,
    `/api/${list}${list.includes('?') ? '&' : '?'}limit=1`
  )
  if (status === 403) return undefined
  if (status !== 200) throw new Error(`${list}: ${status} ${JSON.stringify(body)}`)
  return body.count as number
}
