import { make, name, quiet } from './dom.ts'
import type { Tool, ToolList } from './operations.ts'

/** The service lists no more of one server. */
export const MAX_SHOWN_TOOLS = 1_000
/** A long list scrolls by itself. */
const MAX_HEIGHT = '24rem'
const NOTHING = '—'

/** The tools of a server, those first that want an administrator's eye. */
export function toolsTable({ tools, leftOut }: ToolList): HTMLElement[] {
  const rows = [
    ...tools.filter(({ changed }) => changed).map(toolRow),
    ...leftOut.map(leftOutRow),
    ...tools.filter(({ changed }) => !changed).map(toolRow)
  ]
  if (rows.length === 0) return [quiet('The server has no tools.')]
  const titles = ['Tool', 'As models are offered it', 'How it runs']
  const head = make(
    'tr',
    {},
    ...titles.map((title) => make('th', { scope: 'col', class: 'text-body-secondary' }, title))
  )
  const table = make(
    'table',
    { class: 'table mb-0' },
    make('caption', { class: 'visually-hidden' }, 'Tools of this server'),
    make('thead', {}, head),
    make('tbody', {}, ...rows.slice(0, MAX_SHOWN_TOOLS))
  )
  const region = { role: 'region', 'aria-label': 'Tools of this server', tabindex: '0' }
  const scroller = make('div', { ...region, class: 'overflow-auto' }, table)
  // Through the object model, which a content security policy without inline styles lets through.
  scroller.style.maxHeight = MAX_HEIGHT
  const hidden = rows.length - MAX_SHOWN_TOOLS
  return hidden > 0 ? [scroller, quiet(`${hidden} more are not shown.`)] : [scroller]
}

function toolRow(tool: Tool): HTMLElement {
  const changed = make('span', { class: 'badge text-bg-warning ms-4' }, 'changed')
  return make(
    'tr',
    {},
    make(
      'td',
      { class: 'text-break' },
      name(tool.rawName),
      ...(tool.changed ? [changed] : []),
      make('div', { class: 'text-secondary small' }, tool.description)
    ),
    make('td', {}, tool.offered === false ? NOTHING : name(tool.name)),
    make('td', {}, howItRuns(tool))
  )
}

function howItRuns({ offered, readOnly }: Tool): string {
  if (offered === false) return 'Never: left out by the allowed and denied tools'
  return readOnly ? 'Without asking: read-only' : 'Waits for approval'
}

function leftOutRow(tool: ToolList['leftOut'][number]): HTMLElement {
  return make(
    'tr',
    {},
    make('td', {}, name(tool.name)),
    make('td', {}, NOTHING),
    make('td', { class: 'text-break' }, `Left out: ${tool.reason}`)
  )
}
