import type { ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { examine } from '../../../src/doctor/examine.ts'
import type { Finding } from '../../../src/doctor/finding.ts'
import { toJson, toLines } from '../../../src/doctor/report.ts'
import { createSampleNautobot } from '../../../src/lab/sample-nautobot.ts'
import { Secret } from '../../../src/platform/secret.ts'
import { startEverything } from '../../support/mcp-peers.ts'
import { callTool } from '../../support/model-steps.ts'
import { type RunningRedis, startRedis } from '../../support/redis.ts'
import { startScriptedModel } from '../../support/scripted-model.ts'
import { json, startWireServer, type WireRequest } from '../../support/wire-server.ts'

/** In every secret of this world. */
export const CANARY = 'canary5e2f1ce0'
export const SERVICE_TOKEN = `${CANARY}0000000000000000000000service`
const MODEL_ID = '00000000-0000-4000-8000-000000000001'
const VERSION = '0.1.0'

/** Answers a request before the sample hears of it; undefined: the sample answers. */
export type Interception = (request: WireRequest, response: ServerResponse) => unknown

/** One of everything the service needs, all of it well. */
export interface DoctorWorld {
  readonly variables: Record<string, string>
  readonly model: Awaited<ReturnType<typeof startScriptedModel>>
  readonly tools: Awaited<ReturnType<typeof startEverything>>
  /** Changes what Nautobot answers. */
  intercept(interception: Interception): void
}

export async function startDoctorWorld(redis: RunningRedis): Promise<DoctorWorld> {
  const model = await startScriptedModel({
    respond: () => [callTool('report_ready', { ready: true })]
  })
  onTestFinished(model.stop)
  const tools = await startEverything()
  onTestFinished(tools.stop)
  const sample = createSampleNautobot({
    serviceToken: new Secret(SERVICE_TOKEN),
    labToken: new Secret('lab'),
    restrictedToken: new Secret('restricted'),
    llmModels: [
      {
        ...{ id: MODEL_ID, name: 'gpt-prod', provider: 'openai', model_name: 'gpt' },
        ...{ remote_url: model.url, enabled: true, is_default: true }
      }
    ],
    mcpServers: [{ name: 'everything', remote_url: tools.url, enabled: true }],
    credentials: new Map([[MODEL_ID, new Secret(`${CANARY}-key`)]])
  })
  onTestFinished(() => sample.close())
  const { url } = await sample.listen()
  let interception: Interception = () => undefined
  const nautobot = await startWireServer(async (request, response) => {
    const intercepted = await interception(request, response)
    if (intercepted !== undefined || response.headersSent) return intercepted
    if (request.path === '/api/status/') return STATUS
    return forward(url, request, response)
  })
  return {
    variables: {
      AI_OPS_ENV: 'PROD',
      NAUTOBOT_URL: nautobot.url,
      NAUTOBOT_TOKEN: SERVICE_TOKEN,
      REDIS_URL: redis.url
    },
    model,
    tools,
    intercept: (next) => {
      interception = next
    }
  }
}

/** As Nautobot answers it; the sample has no such page. */
const STATUS = {
  'nautobot-version': '3.2.7',
  'nautobot-apps': { nautobot_ai_ops: VERSION }
}

async function forward(url: string, request: WireRequest, response: ServerResponse) {
  const { authorization = '' } = request.headers
  const answer = await fetch(`${url}${request.path}?${request.query}`, {
    method: request.method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) })
  })
  json(response, answer.status, await answer.json())
}

/** What the doctor finds, without what is well; throws when a secret is among it. */
export async function ailments(variables: Readonly<Record<string, string>>): Promise<string[]> {
  const findings = await examine({ variables, version: VERSION })
  const printed = toLines(findings) + toJson(findings)
  if (printed.includes(CANARY)) throw new Error(`A secret is printed:\n${printed}`)
  return findings.filter(({ state }) => state !== 'ok').map(toText)
}

const toText = ({ state, check, sentence }: Finding) => `${state} ${check}: ${sentence}`

/** A Redis for all tests of a file. */
export const startOwnRedis = (...settings: string[]) => startRedis({ settings })
