/**
 * What the official suite looks for and our tools-only server without sessions does not have, by scenario or by
 * `scenario:check`, with the reason. A check that fails without standing here fails the test, and so does a line here
 * that nothing fails for.
 */
const FIXTURE =
  "Calls a tool of the suite's own example server; the door passes it with such a server behind it."
const PENDING = "Looks for a tool of the suite's own example server; required by no revision yet."
const RESOURCES = 'There are no resources: what Nautobot knows is asked for with tools.'
const PROMPTS = 'There are no prompts to choose from.'
const COMPLETIONS = 'Nothing is completed: there are neither prompts nor resources.'
const LOGGING = 'No log is sent to clients: ours carries what other users do.'
const ASKING_BACK =
  'No tool asks back (sampling, elicitation, roots): the client has a model, and reads need no consent.'
const SESSIONS = 'There are no sessions, and no stream is resumed: a call is repeated.'
const TASKS = 'An extension. No call takes long enough to become a task.'
const HEADERS = 'No argument of a tool is sent as a header.'
const LISTENING = 'The tool list stays as it is while the process lives, and is announced so.'

const everyRevision = {
  'completion-complete': COMPLETIONS,
  'tools-call-simple-text': FIXTURE,
  'tools-call-image': FIXTURE,
  'tools-call-audio': FIXTURE,
  'tools-call-embedded-resource': FIXTURE,
  'tools-call-mixed-content': FIXTURE,
  'tools-call-error': FIXTURE,
  'tools-call-with-progress': FIXTURE,
  'json-schema-2020-12': PENDING,
  'resources-list': RESOURCES,
  'resources-read-text': RESOURCES,
  'resources-read-binary': RESOURCES,
  'resources-templates-read': RESOURCES,
  'prompts-list': PROMPTS,
  'prompts-get-simple': PROMPTS,
  'prompts-get-with-args': PROMPTS,
  'prompts-get-embedded-resource': PROMPTS,
  'prompts-get-with-image': PROMPTS
}

export const NOT_OFFERED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '2025-11-25': {
    ...everyRevision,
    'logging-set-level': LOGGING,
    'tools-call-with-logging': LOGGING,
    'tools-call-sampling': ASKING_BACK,
    'tools-call-elicitation': ASKING_BACK,
    'elicitation-sep1034-defaults': ASKING_BACK,
    'elicitation-sep1330-enums': ASKING_BACK,
    'resources-subscribe': RESOURCES,
    'resources-unsubscribe': RESOURCES,
    'server-sse-multiple-streams:server-sse-multiple-streams-session': SESSIONS,
    'server-sse-polling': SESSIONS
  },
  '2026-07-28': {
    ...everyRevision,
    'server-stateless:sep-2575-server-rejects-undeclared-capability': ASKING_BACK,
    'server-stateless:sep-2575-missing-capability-http-400': ASKING_BACK,
    'server-stateless:sep-2575-http-server-no-independent-requests-on-stream': ASKING_BACK,
    'server-stateless:sep-2575-server-no-log-without-loglevel': LOGGING,
    'server-stateless:sep-2575-server-sends-prompts-list-changed-on-subscription': PROMPTS,
    'server-stateless:sep-2575-server-sends-tools-list-changed-on-subscription': LISTENING,
    'caching:sep-2549-prompts-list-caching-hints': PROMPTS,
    'caching:sep-2549-resources-list-caching-hints': RESOURCES,
    'caching:sep-2549-resources-templates-list-caching-hints': RESOURCES,
    'caching:sep-2549-resources-read-caching-hints': RESOURCES,
    'sep-2164-resource-not-found': RESOURCES,
    'input-required-result-basic-elicitation': ASKING_BACK,
    'input-required-result-basic-sampling': ASKING_BACK,
    'input-required-result-basic-list-roots': ASKING_BACK,
    'input-required-result-request-state': ASKING_BACK,
    'input-required-result-multiple-input-requests': ASKING_BACK,
    'input-required-result-multi-round': ASKING_BACK,
    'input-required-result-missing-input-response': ASKING_BACK,
    'input-required-result-non-tool-request': ASKING_BACK,
    'input-required-result-result-type': ASKING_BACK,
    'input-required-result-tampered-state': ASKING_BACK,
    'input-required-result-capability-check': ASKING_BACK,
    'input-required-result-ignore-extra-params': ASKING_BACK,
    'http-custom-header-server-validation': HEADERS,
    'tasks-lifecycle': TASKS,
    'tasks-capability-negotiation': TASKS,
    'tasks-wire-fields': TASKS,
    'tasks-request-state-removal': TASKS,
    'tasks-mrtr-input': TASKS,
    'tasks-request-headers': TASKS,
    'tasks-dispatch-and-envelope': TASKS,
    'tasks-status-notifications': TASKS,
    'tasks-required-task-error': TASKS,
    'tasks-mrtr-composition': TASKS
  }
}

/** What has to have run and passed whole, so that a run of nothing is not taken for one without a failure. */
export const OFFERED: Readonly<Record<string, readonly string[]>> = {
  '2025-11-25': ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'],
  '2026-07-28': [
    'tools-list',
    'server-sse-multiple-streams',
    'dns-rebinding-protection',
    'http-header-validation',
    'input-required-result-unsupported-methods'
  ]
}
