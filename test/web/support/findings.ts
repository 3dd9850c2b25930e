const ELEMENTS =
  /^(A|P|BR|HR|H[3-6]|UL|OL|LI|EM|STRONG|DEL|CODE|PRE|BLOCKQUOTE|TABLE|THEAD|TBODY|TR|TH|TD|SPAN|DIV|ARTICLE|FOOTER|SECTION|DL|DT|DD|FIGURE|FIGCAPTION|BUTTON|SVG|RECT|PATH|PROGRESS|BDI)$/
const ATTRIBUTES =
  /^(href|target|rel|class|title|role|aria-label|aria-hidden|aria-busy|aria-expanded|aria-controls|id|tabindex|start|scope|type|viewBox|fill|stroke(-width|-linecap|-linejoin)?|focusable|x|y|width|height|rx|d|max|value)$/

/** What hostile text has made of the page: elements, attributes and addresses that are not ours. */
export function findings(container: HTMLElement): string[] {
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
