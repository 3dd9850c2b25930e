import type { EvalQuestion } from './question.ts'
import { score, type Verdict } from './scorer.ts'

const ANSWER_TIMEOUT_MS = 300_000

/** The service that is evaluated. */
export interface Service {
  /** Without a slash at the end. */
  readonly url: string
  /** API tokens of the users of the questions. */
  readonly tokens: Readonly<Record<EvalQuestion['user'], string>>
  /** Name or id of an LLM model; undefined: the default one. */
  readonly model: string | undefined
}

/** What the chat endpoint answers, as far as it is judged. */
interface ChatAnswer {
  readonly conversationId: string
  readonly response: string
  readonly model?: string
  readonly toolCalls: readonly unknown[]
  readonly usage?: Readonly<Record<'inputTokens' | 'outputTokens' | 'modelCalls', number>>
  /** What the service itself marked as not found in the data. */
  readonly claims?: {
    readonly marks: readonly { readonly text: string; readonly verdict: string }[]
  }
}

export interface AskedTurn {
  readonly ask: string
  readonly answer: string
  readonly verdict: Verdict
  /** Of the false claims, those that the service marked. */
  readonly caught: readonly string[]
  readonly toolCalls: number
  readonly modelCalls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly seconds: number
}

export interface AskedQuestion {
  readonly id: string
  readonly kind: EvalQuestion['kind']
  readonly model: string | undefined
  readonly correct: boolean
  readonly turns: readonly AskedTurn[]
}

/** Asks a question, turn by turn in one conversation. A failure of the service is a wrong answer, and says so. */
export async function ask(service: Service, question: EvalQuestion): Promise<AskedQuestion> {
  const turns: AskedTurn[] = []
  let conversationId: string | undefined
  let model: string | undefined
  for (const turn of question.turns) {
    const startedAt = performance.now()
    const answer = await post(service, question.user, turn.ask, conversationId)
    conversationId = answer.conversationId || conversationId
    model = answer.model ?? model
    turns.push(judge(turn, answer, (performance.now() - startedAt) / 1_000))
  }
  const correct = turns.every(({ verdict }) => verdict.correct)
  return { id: question.id, kind: question.kind, model, correct, turns }
}

function judge(
  turn: EvalQuestion['turns'][number],
  answer: ChatAnswer,
  seconds: number
): AskedTurn {
  const verdict = score(turn.expect, answer.response)
  const marked = (answer.claims?.marks ?? []).filter((mark) => mark.verdict === 'missing')
  const isMarked = (claim: string) => marked.some(({ text }) => text.includes(claim))
  return {
    ask: turn.ask,
    answer: answer.response,
    verdict,
    caught: verdict.falseClaims.filter(isMarked),
    toolCalls: answer.toolCalls.length,
    modelCalls: answer.usage?.modelCalls ?? 0,
    inputTokens: answer.usage?.inputTokens ?? 0,
    outputTokens: answer.usage?.outputTokens ?? 0,
    seconds
  }
}

async function post(
  { url, tokens, model }: Service,
  user: EvalQuestion['user'],
  message: string,
  conversationId: string | undefined
): Promise<ChatAnswer> {
  const response = await fetch(`${url}/api/v1/chat`, {
    method: 'POST',
    headers: { authorization: `Token ${tokens[user]}`, 'content-type': 'application/json' },
    body: JSON.stringify({ message, conversationId, model }),
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS)
  })
  const body = (await response.json()) as ChatAnswer & { error?: { code: string; message: string } }
  if (response.ok) return body
  const { code = String(response.status), message: sentence = '' } = body.error ?? {}
  const said = `[${code}] ${sentence}`
  return { conversationId: conversationId ?? '', response: said, toolCalls: [] }
}
