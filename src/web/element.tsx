import { createRoot, type Root } from 'react-dom/client'
import { App } from './App.tsx'
import { createChatApi } from './api.ts'
import { type Chat, createChat } from './chat.ts'
import { parseAbout } from './chat-view.ts'
import { createConversationApi } from './conversation-api.ts'
import { createSessionMemory, tabStorage } from './session-memory.ts'
import { createSessionTokens, signInUrl } from './session-token.ts'
import { createSheets } from './sheets.ts'

/**
 * `<ai-ops-chat base-url token-url about>`: the whole chat, in an open shadow root.
 *
 * - `base-url`: address of the AI Ops service; empty for the page's own host.
 * - `token-url`: Nautobot's page that gives the signed-in person a token; absent where nobody signs in.
 * - `about`: the object the person came from, `dcim.device:<uuid>`.
 *
 * The host page gives it a size; attributes are read when it is put into the page.
 */
class AiOpsChatElement extends HTMLElement {
  #root: Root | undefined
  #chat: Chat | undefined

  constructor() {
    super()
    // A page's hotkeys must not fire while a person types here.
    for (const type of ['keydown', 'keypress', 'keyup'] as const) {
      this.addEventListener(type, (event) => event.stopPropagation())
    }
  }

  connectedCallback(): void {
    if (this.#root) return
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    shadow.adoptedStyleSheets = createSheets()
    this.#chat = chatFor(this)
    this.#root = createRoot(shadow)
    this.#root.render(<App chat={this.#chat} trustedHosts={trustedHosts(this)} />)
  }

  disconnectedCallback(): void {
    // Moving the element within the page disconnects it too, for a moment.
    queueMicrotask(() => {
      if (this.isConnected) return
      this.#root?.unmount()
      this.#chat?.close()
      this.#root = undefined
      this.#chat = undefined
    })
  }
}

function chatFor(element: HTMLElement): Chat {
  const baseUrl = element.getAttribute('base-url') ?? ''
  const tokenUrl = element.getAttribute('token-url')
  const tokens = tokenUrl ? createSessionTokens({ url: tokenUrl }) : undefined
  return createChat({
    api: createChatApi({ baseUrl, tokens }),
    conversations: createConversationApi({ baseUrl, tokens }),
    memory: createSessionMemory(tabStorage(), baseUrl),
    about: parseAbout(element.getAttribute('about')),
    version: __CHAT_VERSION__,
    signInUrl: tokenUrl ? signInUrl() : undefined
  })
}

function trustedHosts(element: HTMLElement): ReadonlySet<string> {
  const service = URL.parse(element.getAttribute('base-url') ?? '', location.href)
  return new Set([location.host, service?.host ?? location.host])
}

if (!customElements.get('ai-ops-chat')) customElements.define('ai-ops-chat', AiOpsChatElement)
