import { json, startWireServer } from './wire-server.ts'

/** One query as it reached Nautobot, without those about the schema. */
export interface SentQuery {
  readonly query: string
  readonly authorization: string | undefined
}

/** Stands before a Nautobot for one test, and writes down the GraphQL that is sent to it. */
export async function startGraphqlRecorder(target: string) {
  const sent: SentQuery[] = []
  const { url, requests } = await startWireServer(async (request, response) => {
    const { method, path, query, headers, body } = request
    const { authorization } = headers
    const text = (body as { query?: string } | undefined)?.query
    if (text !== undefined && !/__schema|__type\(/.test(text))
      sent.push({ query: text, authorization })
    try {
      const answer = await fetch(`${target}${path}?${query}`, {
        method,
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      json(response, answer.status, await answer.json())
    } catch {
      // The test is over while something was still being asked.
      response.destroy()
    }
  })
  return { url, requests, sent }
}
