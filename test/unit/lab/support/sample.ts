import { onTestFinished } from 'vitest'
import {
  createSampleNautobot,
  type SampleNautobotOptions
} from '../../../../src/lab/sample-nautobot.ts'
import { Secret } from '../../../../src/platform/secret.ts'

export const TOKENS = { lab: 'lab-token', restricted: 'restricted-token', service: 'service-token' }
export type Who = keyof typeof TOKENS

export interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: bodies are judged by the tests, not by types
  body: any
  headers: Headers
}

/** A sample Nautobot until the test is finished, asked over HTTP. */
export async function startSample(options: Partial<SampleNautobotOptions> = {}) {
  const sample = createSampleNautobot({
    serviceToken: new Secret(TOKENS.service),
    labToken: new Secret(TOKENS.lab),
    restrictedToken: new Secret(TOKENS.restricted),
    ...options
  })
  const { url } = await sample.listen()
  onTestFinished(() => sample.close())

  async function ask(
    path: string,
    { who = 'lab', token, method, body }: AskOptions = {}
  ): Promise<Answer> {
    const answer = await fetch(`${url}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Token ${token ?? TOKENS[who]}`,
        ...(body !== undefined && { 'content-type': 'application/json' })
      },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json')
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson ? JSON.parse(text) : text
    }
  }

  return {
    url,
    ask,
    /** How many a list has. */
    count: async (path: string, who: Who = 'lab') =>
      (await ask(path, { who })).body.count as number,
    graphql: (query: string, who: Who = 'lab', variables = {}) =>
      ask('/api/graphql/', { who, body: { query, variables } })
  }
}

interface AskOptions {
  who?: Who
  token?: string
  method?: string
  body?: unknown
}
