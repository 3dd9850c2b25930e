export type Child = Node | string

/** An element; text in it stays text, whatever a server sends. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/** Rows of a name and what it is, as Nautobot's own panels have them. */
export function factsTable(facts: readonly (readonly [string, Child])[]): HTMLElement {
  const rows = facts.map(([title, value]) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row', class: 'fw-normal w-25' }, title),
      make('td', { class: 'text-break' }, value)
    )
  )
  return make('table', { class: 'table attr-table' }, make('tbody', {}, ...rows))
}

/** What something is called elsewhere, letter by letter. */
export function name(text: string): HTMLElement {
  return make('code', { class: 'text-wrap text-break' }, text)
}

/** A moment, as the reader's own clock and language write it. */
export function moment(iso: string): HTMLElement {
  return make('time', { datetime: iso }, new Date(iso).toLocaleString())
}

export function quiet(text: string): HTMLElement {
  return make('p', { class: 'text-secondary mb-0' }, text)
}

/** A button that stays where the focus is while it works. */
export function button(label: string, icon: string, onPress: () => void): HTMLButtonElement {
  const mark = make('span', { 'aria-hidden': 'true', class: `mdi ${icon} me-4` })
  const made = make('button', { type: 'button', class: 'btn btn-secondary' }, mark, label)
  made.addEventListener('click', () => {
    if (made.getAttribute('aria-disabled') !== 'true') onPress()
  })
  return made
}
