/** Configuration of a Nautobot that a test may change: its address, and the token of an administrator. */
export interface NautobotAccess {
  readonly url: string
  readonly users: { readonly admin: { readonly token: string } }
}

export interface NautobotObjects {
  /** Answers the new object's id. `path` begins and ends with a slash, below `/api`. */
  create(path: string, body: object): Promise<string>
  update(path: string, id: string, body: object): Promise<void>
  remove(path: string, id: string): Promise<void>
  /** Deletes what was created and is still there, the last one first. */
  removeAll(): Promise<void>
}

const NOT_FOUND = 404

/** Makes objects through Nautobot's own REST API, as an administrator. */
export function nautobotObjects({ url, users }: NautobotAccess): NautobotObjects {
  const created: (readonly [path: string, id: string])[] = []
  const headers = {
    authorization: `Token ${users.admin.token}`,
    'content-type': 'application/json'
  }

  async function send(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${url}/api${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) })
    })
    if (answer.ok || (method === 'DELETE' && answer.status === NOT_FOUND)) return answer
    throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  }

  return {
    async create(path, body) {
      const { id } = (await (await send('POST', path, body)).json()) as { id: string }
      created.push([path, id])
      return id
    },
    update: async (path, id, body) => void (await send('PATCH', `${path}${id}/`, body)),
    remove: async (path, id) => void (await send('DELETE', `${path}${id}/`)),
    async removeAll() {
      for (const [path, id] of created.splice(0).reverse()) await send('DELETE', `${path}${id}/`)
    }
  }
}

/** A secrets group whose HTTP(S) token is a variable of Nautobot's process. Answers its id. */
export async function createSecretsGroup(
  objects: NautobotObjects,
  name: string,
  variable: string
): Promise<string> {
  const secret = await objects.create('/extras/secrets/', {
    name,
    provider: 'environment-variable',
    parameters: { variable }
  })
  const group = await objects.create('/extras/secrets-groups/', { name })
  await objects.create('/extras/secrets-groups-associations/', {
    secrets_group: group,
    secret,
    access_type: 'HTTP(S)',
    secret_type: 'token'
  })
  return group
}
