import { factsTable, moment, quiet } from './dom.ts'
import type { Health, RefreshedTools, ServerView } from './operations.ts'
import { createActions, createPart, type PanelContext } from './panel.ts'
import { toolsTable } from './tools-table.ts'

/** Health and tools of an MCP server, on its page in Nautobot. */
export function showServerPanel(root: HTMLElement, context: PanelContext): void {
  const { operations, objectId, mayOperate, signal } = context
  const facts = createPart(context, {
    waiting: 'Asking AI Ops what it knows of this server…',
    read: () => operations.server(objectId, signal),
    show: serverFacts
  })
  const known = facts.load()
  if (!mayOperate) {
    root.replaceChildren(
      facts.box,
      quiet('Who may operate AI Ops (`operate` on LLM models) sees its tools here.')
    )
    return
  }
  const tools = createPart(context, {
    waiting: 'Asking the server for its tools…',
    read: () => operations.tools(objectId, signal),
    show: toolsTable
  })
  const actions = createActions(context, [
    {
      label: 'Check health now',
      icon: 'mdi-heart-pulse',
      doing: 'Asking the server…',
      async perform() {
        const before = await known
        const health = await operations.check(objectId, signal)
        const after = await facts.load()
        return `${healthSentence(health)}${statusSentence(before, after)}`
      }
    },
    {
      label: 'Refresh tools',
      icon: 'mdi-refresh',
      doing: 'Asking the server for its tools…',
      async perform() {
        const refreshed = await operations.refresh(objectId, signal)
        tools.show(refreshed)
        await facts.load()
        return refreshSentence(refreshed)
      }
    }
  ])
  root.replaceChildren(facts.box, actions, tools.box)
  void tools.load().then((listed) => {
    // Listing them is what made the service notice.
    if (listed?.tools.some(({ changed }) => changed)) void facts.load()
  })
}

function serverFacts({ health, changedTools = [] }: ServerView): HTMLElement[] {
  const changed = changedTools.length > 0 ? changedTools.join(', ') : 'none'
  const told = [
    ...(health ? healthFacts(health) : []),
    ['Changed since accepted', changed] as const
  ]
  return [...(health ? [] : [quiet('Nobody has looked at it yet.')]), factsTable(told)]
}

function healthFacts(health: Health) {
  return [
    ['Last look', moment(health.at)],
    ['Found', health.ok ? 'It answers' : brokenSentence(health)],
    ['Answer time', `${health.latencyMs} ms`],
    ['Tools on its first page', health.tools === undefined ? 'unknown' : String(health.tools)],
    ['Last seen', health.lastSeenAt ? moment(health.lastSeenAt) : 'never']
  ] as const
}

const brokenSentence = ({ problem = 'unknown why.' }: Health) => `It cannot be used: ${problem}`

function healthSentence(health: Health): string {
  const { ok, latencyMs, tools } = health
  if (!ok) return brokenSentence(health)
  const counted = tools === undefined ? '' : ` with ${tools === 1 ? '1 tool' : `${tools} tools`}`
  return `It answers${counted}, after ${latencyMs} ms.`
}

/** Nautobot rendered its part of the page before. */
function statusSentence(before: ServerView | undefined, after: ServerView | undefined): string {
  if (!before || !after || before.status === after.status) return ''
  return ` Its status is now ${after.status}; reload the page to see it there.`
}

function refreshSentence({ added, removed, changed }: RefreshedTools): string {
  const counts = [
    [added.length, 'added'],
    [removed.length, 'removed'],
    [changed.length, 'changed']
  ] as const
  const told = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  if (told.length === 0) return 'Its tools are as they were.'
  return `Its tools are accepted as they are now: ${told.join(', ')}.`
}
