import { expect, test } from 'vitest'
import { MarkdownBlock, MarkdownTail } from '../../src/web/Markdown.tsx'
import { TrustedHosts } from '../../src/web/ModelLink.tsx'
import { MAX_DEPTH } from '../../src/web/markdown-rendering.ts'
import { findings } from './support/findings.ts'
import { MARKUP, PAYLOADS } from './support/payloads.ts'
import { render } from './support/render.tsx'

const HOSTS = new Set(['nautobot.example'])

function markdown(text: string) {
  return render(
    <TrustedHosts value={HOSTS}>
      <MarkdownBlock text={text} />
      <MarkdownTail text={text} />
    </TrustedHosts>
  )
}

test.each(PAYLOADS)('%j stays text', (payload) => {
  using rendered = markdown(payload)
  expect(findings(rendered.container)).toEqual([])
})

test('every payload stays text when it is cut at any character', () => {
  for (const payload of MARKUP) {
    for (let end = 1; end < payload.length; end += 1) {
      using rendered = markdown(payload.slice(0, end))
      expect(findings(rendered.container), payload.slice(0, end)).toEqual([])
    }
  }
})

test('a link on a host of ours is a link, in a tab of its own', () => {
  using rendered = markdown('[devices](https://nautobot.example/dcim/?a=1&amp;b=2)')
  const link = rendered.container.querySelector('a')
  expect(link?.href).toBe('https://nautobot.example/dcim/?a=1&b=2')
  expect([link?.target, link?.rel]).toEqual(['_blank', 'noopener noreferrer'])
})

test('a mail address is a link', () => {
  using rendered = markdown('<noc@example.org>')
  expect(rendered.container.querySelector('a')?.href).toBe('mailto:noc@example.org')
})

test('a foreign address is shown, not linked', () => {
  using rendered = markdown('[here](https://evil.example/?q=secret)')
  expect(rendered.container.querySelector('a')).toBeNull()
  expect(rendered.container.textContent).toContain('here (https://evil.example/?q=secret)')
})

test('character references are decoded once', () => {
  using rendered = render(<MarkdownBlock text={'R&amp;D &lt;b&gt; &amp;lt; &#8364; &bogus;'} />)
  expect(rendered.container.textContent).toBe('R&D <b> &lt; € &bogus;')
})

test('a line break in a table cell is one', () => {
  using rendered = render(<MarkdownBlock text={'| a |\n|---|\n| x<br>y |'} />)
  expect(rendered.container.querySelectorAll('td br')).toHaveLength(1)
})

test('nesting beyond the limit is shown as text', () => {
  using rendered = render(<MarkdownBlock text={`${'> '.repeat(MAX_DEPTH + 40)}deep`} />)
  expect(rendered.container.querySelectorAll('blockquote').length).toBeLessThanOrEqual(
    MAX_DEPTH + 1
  )
  expect(rendered.container.textContent).toContain('deep')
})

test('text that overwhelms the lexer is still shown', () => {
  using rendered = render(<MarkdownBlock text={`${'>'.repeat(20_000)}end`} />)
  expect(rendered.container.textContent).toContain('end')
})
