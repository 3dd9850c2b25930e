import { expect, test } from 'vitest'
import { MarkdownBlock, MarkdownTail } from '../../src/web/Markdown.tsx'
import { TrustedHosts } from '../../src/web/ModelLink.tsx'
import { INJECTIONS } from '../support/injections.ts'
import { findings } from './support/findings.ts'
import { render } from './support/render.tsx'

const HOSTS = new Set(['nautobot.example'])

test.each(Object.entries(INJECTIONS))(
  '[T17] an answer that repeats %s loads and links nothing',
  (_name, payload) => {
    using rendered = render(
      <TrustedHosts value={HOSTS}>
        <MarkdownBlock text={payload} />
        <MarkdownTail text={payload} />
      </TrustedHosts>
    )
    expect(findings(rendered.container)).toEqual([])
    expect(rendered.container.querySelectorAll('img, a, iframe, link, script, style')).toHaveLength(
      0
    )
  }
)
