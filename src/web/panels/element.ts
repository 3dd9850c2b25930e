import { createSessionTokens, signInUrl } from '../session-token.ts'
import { showModelPanel } from './model-panel.ts'
import { createOperations } from './operations.ts'
import { showServerPanel } from './server-panel.ts'

const KINDS = { 'mcp-server': showServerPanel, 'llm-model': showModelPanel } as const

/**
 * `<ai-ops-panel kind base-url token-url object-id may-operate>`: what AI Ops knows of an object, on its page in Nautobot.
 * In the page's own tree, so that Nautobot's styles and theme hold.
 *
 * - `kind`: `mcp-server` or `llm-model`.
 * - `base-url`: address of the AI Ops service; empty for the page's own host.
 * - `token-url`: Nautobot's page that gives the signed-in person a token.
 * - `object-id`: id of the object in Nautobot.
 * - `may-operate`: present for who may operate the service.
 */
class AiOpsPanelElement extends HTMLElement {
  #shown: AbortController | undefined

  connectedCallback(): void {
    const show = KINDS[this.getAttribute('kind') as keyof typeof KINDS]
    const url = this.getAttribute('token-url')
    if (this.#shown || !show || !url) return
    this.#shown = new AbortController()
    show(this, {
      operations: createOperations({
        baseUrl: this.getAttribute('base-url') ?? '',
        tokens: createSessionTokens({ url })
      }),
      objectId: this.getAttribute('object-id') ?? '',
      mayOperate: this.hasAttribute('may-operate'),
      signInUrl: signInUrl(),
      signal: this.#shown.signal
    })
  }

  disconnectedCallback(): void {
    this.#shown?.abort()
    this.#shown = undefined
  }
}

if (!customElements.get('ai-ops-panel')) customElements.define('ai-ops-panel', AiOpsPanelElement)
