import { factsTable, make, moment, quiet } from './dom.ts'
import type { ModelView, Probe } from './operations.ts'
import { createActions, createPart, type PanelContext } from './panel.ts'

/** What came of testing an LLM model, on its page in Nautobot. */
export function showModelPanel(root: HTMLElement, context: PanelContext): void {
  const { operations, objectId, mayOperate, signal } = context
  const facts = createPart(context, {
    waiting: 'Asking AI Ops what it knows of this model…',
    read: () => operations.model(objectId, signal),
    show: modelFacts
  })
  const actions = createActions(context, [
    {
      label: 'Test this model',
      icon: 'mdi-heart-pulse',
      doing: 'Asking the model a small question…',
      async perform() {
        const probe = await operations.probe(objectId, signal)
        facts.show({ probe })
        return probe.sentence
      }
    }
  ])
  root.replaceChildren(facts.box, ...(mayOperate ? [actions] : []))
  void facts.load()
}

function modelFacts({ probe }: ModelView): HTMLElement[] {
  return probe ? [probeFacts(probe)] : [quiet('It has not been tested as it is now.')]
}

function probeFacts({ at, sentence, latencyMs, notices }: Probe): HTMLElement {
  const list = make(
    'ul',
    { class: 'list-unstyled mb-0' },
    ...notices.map((notice) => make('li', {}, notice))
  )
  return factsTable([
    ['Last test', moment(at)],
    ['Found', sentence],
    ['First words after', `${latencyMs} ms`],
    ...(notices.length > 0 ? [['Not sent as written', list] as const] : [])
  ])
}
