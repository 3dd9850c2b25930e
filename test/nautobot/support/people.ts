import { inject } from 'vitest'
import type { NautobotObjects } from '../../support/nautobot-objects.ts'
import type {} from './provided.ts'

/** A user of one test, who may chat and view devices. */
export interface Person {
  readonly id: string
  readonly username: string
  /** An API token, as a header. */
  readonly authorization: string
  readonly tokenId: string
  /** Of the permission to view devices. */
  readonly permissionId: string
}

const PERMISSIONS = '/users/permissions/'
const PASSWORD = 'correct horse battery staple'

/** Through a group, when one is named: nobody tells the service when somebody joins or leaves one. */
export async function createPerson(
  objects: NautobotObjects,
  username: string,
  group?: string
): Promise<Person> {
  const { url } = inject('nautobot')
  const id = await objects.create('/users/users/', { username, password: PASSWORD })
  const permit = (actions: string[], type: string, to: object) =>
    objects.create(PERMISSIONS, {
      name: `${username}: ${type}`,
      object_types: [type],
      actions,
      ...to
    })
  await permit(['chat', 'view'], 'nautobot_ai_ops.llmmodel', { users: [id] })
  await permit(['view', 'add', 'delete'], 'users.token', { users: [id] })
  const who = group ? { groups: [await joinGroup(objects, id, group)] } : { users: [id] }
  const permissionId = await permit(['view'], 'dcim.device', who)
  const basic = Buffer.from(`${username}:${PASSWORD}`).toString('base64')
  const answer = await fetch(`${url}/api/users/tokens/`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
    body: '{}'
  })
  const { id: tokenId, key } = await answer.json()
  if (!answer.ok) throw new Error(`No token for ${username}: ${answer.status}`)
  return { id, username, authorization: `Token ${key}`, tokenId, permissionId }
}

async function joinGroup(objects: NautobotObjects, user: string, name: string): Promise<unknown> {
  const group = await objects.create('/users/groups/', { name })
  await objects.update('/users/users/', user, { groups: [group] })
  return group
}
