import { FilterError, NotInSampleError } from './sample-filters.ts'
import type { SampleModel } from './sample-model.ts'
import { modelOf, SAMPLE_MODELS } from './sample-models.ts'
import { type RestRequest, readQuery, visibleObjects } from './sample-rest.ts'
import type { SampleObject, SampleStore } from './sample-store.ts'

const PAGE_SIZE = 50
const MAX_RELATED_SHOWN = 20

/** Sent with each page: nothing is loaded from anywhere, and no script runs. */
export const PAGE_SECURITY_POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
export const STYLE_PATH = '/sample.css'

/** Makes a text safe between tags and in quoted attributes. */
export function escapeHtml(value: unknown): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;'
  }
  return String(value).replace(/[&<>"']/g, (letter) => entities[letter] ?? '')
}

/** All lists of the sample. */
export function indexPage({ store }: Pick<RestRequest, 'store'>): string {
  const rows = SAMPLE_MODELS.map(
    ({ path, plural, objectType }) =>
      `<tr><td><a href="${path}">${escapeHtml(plural)}</a></td><td>${store.list(objectType).length}</td></tr>`
  )
  return page('Sample network', table(['Objects', 'Count'], rows))
}

/** A list with its filters, 50 objects a page; the number stands where Nautobot's page has it. */
export function listPage(request: RestRequest, model: SampleModel): string {
  const query = new URLSearchParams(request.query)
  const number = Math.max(1, Number(query.get('page')) || 1)
  for (const name of ['clear_view', 'page', 'per_page', 'sort']) query.delete(name)
  const { filters } = readQuery({ ...request, query })
  const title = model.plural.replace(/^./, (letter) => letter.toUpperCase())
  const found = findForPage(request, model, filters)
  if (typeof found === 'string') return page(title, `<p class="error">${escapeHtml(found)}</p>`)
  const first = (number - 1) * PAGE_SIZE
  const shown = found.slice(first, first + PAGE_SIZE)
  const rows = shown.map((object) => row(request.store, model, object))
  const summary =
    shown.length === 0
      ? '<p>No results.</p>'
      : `<p>Showing ${first + 1}-${first + shown.length} of <b>${found.length}</b></p>`
  const chips = [...filters].map(
    ([name, values]) => `<span class="chip">${escapeHtml(`${name}: ${values.join(', ')}`)}</span>`
  )
  const body = `${chips.join(' ')}${summary}${table(model.columns, rows)}${pager(query, number, found.length)}`
  return page(title, body)
}

/** One object, with its fields and a link to each object it refers to. */
export function objectPage(store: SampleStore, object: SampleObject): string {
  const model = modelOf(object.objectType)
  const rows = Object.keys(model.fields).map((name) => {
    const shown = shownValues(store, object, name)
    return `<tr><th scope="row">${escapeHtml(labelOf(name))}</th><td>${shown}</td></tr>`
  })
  const back = `<p><a href="${model.path}">${escapeHtml(model.plural)}</a></p>`
  return page(object.display, `${back}<table>${rows.join('')}</table>`)
}

export function missingPage(): string {
  return page('Not found', '<p class="error">The sample has no such page or object.</p>')
}

/** The objects; or the sentence why there are none, where the real page would show all of them. */
function findForPage(
  request: RestRequest,
  model: SampleModel,
  filters: ReadonlyMap<string, readonly string[]>
): readonly SampleObject[] | string {
  try {
    return visibleObjects(request, model, filters)
  } catch (error) {
    if (error instanceof NotInSampleError) return error.message
    if (!(error instanceof FilterError)) throw error
    const messages = Object.entries(error.errors).map(
      ([name, texts]) => `${name}: ${texts.join(' ')}`
    )
    return `Invalid filters were specified: ${messages.join('; ')}`
  }
}

function row(store: SampleStore, model: SampleModel, object: SampleObject): string {
  const cells = model.columns.map((name, index) => {
    const shown = shownValues(store, object, name)
    // The first column leads to the object, as in Nautobot, unless it leads to another one.
    const leads = index === 0 && !shown.startsWith('<a')
    return `<td>${leads ? link(object, shown) : shown}</td>`
  })
  return `<tr>${cells.join('')}</tr>`
}

function shownValues(store: SampleStore, object: SampleObject, name: string): string {
  const values = store.pluck(object, name).filter((value) => value !== '')
  const shown = values.slice(0, MAX_RELATED_SHOWN).map((value) => {
    const related = store.get(String(value))
    if (related) return link(related, escapeHtml(related.display))
    return escapeHtml(typeof value === 'object' ? JSON.stringify(value) : value)
  })
  const more = values.length > shown.length ? ` and ${values.length - shown.length} more` : ''
  return shown.length === 0 ? '—' : `${shown.join(', ')}${more}`
}

function link({ objectType, id }: SampleObject, html: string): string {
  return `<a href="${modelOf(objectType).path}${id}/">${html}</a>`
}

function labelOf(name: string): string {
  return name.replace(/^cf_/, '').replaceAll('_', ' ')
}

function table(columns: readonly string[], rows: readonly string[]): string {
  const heads = columns.map((name) => `<th scope="col">${escapeHtml(labelOf(name))}</th>`)
  return `<table><thead><tr>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function pager(query: URLSearchParams, number: number, count: number): string {
  const to = (page: number, label: string) => {
    const next = new URLSearchParams(query)
    next.set('page', String(page))
    return `<a href="?${escapeHtml(next)}">${label}</a>`
  }
  const links = [
    ...(number > 1 ? [to(number - 1, 'Previous')] : []),
    ...(number * PAGE_SIZE < count ? [to(number + 1, 'Next')] : [])
  ]
  return links.length === 0 ? '' : `<nav>${links.join(' ')}</nav>`
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Sample network</title>
<link rel="stylesheet" href="${STYLE_PATH}">
</head>
<body>
<header><a href="/">Sample network</a> <small>embedded in AI Ops for Nautobot; made up, kept in memory</small></header>
<main><h1>${escapeHtml(title)}</h1>${body}</main>
</body>
</html>
`
}

export const PAGE_STYLE = `:root { color-scheme: light dark; --line: light-dark(#dedede, #3a3a3a); --soft: light-dark(#f4f4f4, #1e1e1e) }
body { margin: 0; font: 0.9rem/1.5 system-ui, sans-serif; background: light-dark(#fff, #1a1a1a); color: light-dark(#1a1a1a, #fff) }
header { padding: 0.75rem 1.25rem; border-bottom: 1px solid var(--line); background: var(--soft) }
header small { margin-left: 0.5rem; opacity: 0.7 }
main { padding: 1rem 1.25rem; overflow-x: auto }
h1 { margin: 0 0 0.75rem; font-size: 1.35rem }
a { color: light-dark(#0062c9, #339dff); text-decoration: none }
a:hover { text-decoration: underline }
table { border-collapse: collapse; width: 100% }
th, td { padding: 0.4rem 0.75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
th { text-transform: capitalize; font-weight: 600; white-space: nowrap }
td:first-child { white-space: nowrap }
thead th { background: var(--soft) }
nav { padding: 0.75rem 0; display: flex; gap: 1rem }
.chip { display: inline-block; padding: 0.1rem 0.6rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--soft) }
.error { color: light-dark(#b3261e, #ff8a80) }
`
