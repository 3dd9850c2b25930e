/**
 * The promises of this product, and how far each is kept. `done` means that a test proves it against the real thing and
 * names it in its title as `[T1]`; `partly` says what is missing; `measured` is shown by `npm run bench`
 * (P10 by `npm run test:image`), because machines are too noisy for a test to hold it, and `docs/bench.md` has the figures. `test/unit/requirements.test.ts` checks both
 * directions.
 */
export interface Requirement {
  readonly promise: string
  readonly state: 'done' | 'partly' | 'measured' | 'open'
  /** What is missing, for `partly`. */
  readonly missing?: string
}

const open = (promise: string): Requirement => ({ promise, state: 'open' })
const done = (promise: string): Requirement => ({ promise, state: 'done' })
const measured = (promise: string): Requirement => ({ promise, state: 'measured' })
const partly = (promise: string, missing: string): Requirement => ({
  promise,
  state: 'partly',
  missing
})

export const REQUIREMENTS: Readonly<Record<string, Requirement>> = {
  T1: done(
    'A tool server that is killed in mid-chat leaves the others working; the footer names it.'
  ),
  T2: done(
    'Two servers with a tool of the same name: both callable, names stable across restarts.'
  ),
  T3: done('A server that restarts and forgets its session: the next call succeeds once, no loop.'),
  T4: done('A tool call that never answers: time-out, cancel sent, the run continues and says so.'),
  T5: done('300 tools, long names, exotic schemas: every tool can be found and called.'),
  T6: done('A 5 MB tool result: window safe, cut announced, the rest can be queried.'),
  T7: done('Stop on one replica ends a run on another in less than 500 ms; history valid.'),
  T8: done('Reload, second tab, lost network: all readers end with the same state.'),
  T9: done('Behind nginx with default buffering tokens arrive one by one.'),
  T10: done('10,000 conversations in 30 days: Redis flat after retention, every key has a TTL.'),
  T11: done('Redis without modules, restarted under load, gone: works, recovers, clear 503.'),
  T12: done('Two users with different rights at once: nothing crosses.'),
  T13: done('No, wrong or expired identity: 401 with a sentence.'),
  T14: partly(
    'Canary secrets are absent from logs, traces, events, errors, checkpoints, metrics.',
    'What a conversation itself says, arguments of calls included, is kept with it in Redis.'
  ),
  T15: done('Unknown filter, field or type: an error with the nearest valid names.'),
  T16: done('"How many" over 1,234 rows equals the oracle, with the link that shows it.'),
  T17: done('Injected instructions have no effect, even when the model obeys them.'),
  T18: done('The model repeats nearly the same call: stopped after a few.'),
  T19: done('The context is too long: compact, retry once, answer.'),
  T20: open('A plan whose object changed meanwhile is refused.'),
  T21: done('Rolling deploy or a killed replica during 50 runs: every run ends once.'),
  T22: done('A dead event listener is noticed; config refreshes by age.'),
  T23: done('Nautobot down: conversations go on, tools say so, no wrong "none found".'),
  T24: done('The provider answers 429, 500, cuts or filters: honest error, retry, fall-back.'),
  T25: done('Two messages at once in a conversation: 409 with the run, the draft is kept.'),
  T26: done('Approve one and reject one of two actions: both as decided, both recorded.'),
  S1: done('Default deny; ownership checked on every conversation and run.'),
  S2: done('Tools hold read-only tokens of the asking user; exchange never yields a write token.'),
  S3: done('A credential goes with its address; secrets only in memory and short-lived.'),
  S4: done('Egress rules for model and MCP addresses.'),
  S5: done('TLS verification off is refused in PROD; private CA and proxies work.'),
  S6: done(
    'CORS closed but for Nautobot; strict CSP; cookies dropped unread; Host checked in LAB.'
  ),
  S7: done('Model output is rendered without raw HTML; 60 payloads neutralised.'),
  S8: done('Bounds on body, header, message, depth, rate, slow clients; each a clear error.'),
  S9: done('Per-user keys on every cache; two users interleaved 1,000 times never cross.'),
  S10: done('One audit line per tool call, credential resolution, exchange, approval and job.'),
  S11: done('schemathesis over the whole OpenAPI finds no 500 and no undocumented answer.'),
  S12: done('stdio servers only in LAB, from the environment.'),
  S13: done('OWASP LLM and agentic top tens answered one by one.'),
  P1: measured('Added time to first token at most 15 ms median.'),
  P2: measured('CPU per turn at most 1.5 times a bare StateGraph with ChatOpenAI.'),
  P3: measured('At least 100 concurrent streams per core at 20 ms a token.'),
  P4: measured('At least 50 answered chats per second per core.'),
  P5: done('Stop reaches model and tools in less than 500 ms, across replicas.'),
  P6: measured('Resume after reconnect in less than 300 ms.'),
  P7: measured('Redis bytes of a 50-turn conversation at most half the serialised messages.'),
  P8: measured('Checkpoint put and get at most half of the official layout.'),
  P9: done('No Nautobot request per question in steady state, before tools.'),
  P10: measured('Start to ready (image) in at most 1.5 s.')
}
