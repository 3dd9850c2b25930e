import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type RunningNautobot,
  startNautobot
} from '../../nautobot-plugin-shim/development/nautobot.ts'
import { type McpPeer, startEverything } from '../support/mcp-peers.ts'
import { callOfferedTools, pause, say, textOf } from '../support/model-steps.ts'
import { freePort } from '../support/ports.ts'
import { type RealService, startRealService } from '../support/real-service.ts'
import { launchBrowser, openPage, screenshot, type WatchedPage } from './support/browser.ts'
import { ask, logIn, openChat, shownTotal } from './support/nautobot-pages.ts'

const run = promisify(execFile)
const DEVICES = { model: 'dcim.device' }
const TELEPHONE = { width: 390, height: 844 }
const PROMPT = 'Answer like a pirate.'

let nautobot: RunningNautobot
let service: RealService
let everything: McpPeer
let browser: Browser

beforeAll(async () => {
  const sidecarPort = await freePort()
  const address = `http://127.0.0.1:${sidecarPort}`
  nautobot = await startNautobot({
    pluginConfig: { sidecar_url: address, public_url: address },
    environment: { AI_OPS_CANARY: 'key-of-the-scripted-model' },
    say: (sentence) => process.stdout.write(`${sentence}\n`)
  })
  service = await startRealService({ ...nautobot, sidecarPort })
  everything = await startEverything()
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await everything?.stop()
  await service?.stop()
  await nautobot?.stop()
})

beforeEach(() => {
  service.model.answer(answerCounts)
})

/** Counts what the question is about with the tool it is offered, and says the number. */
const answerCounts = callOfferedTools(
  (question) => [
    {
      tool: 'count',
      args: /AMS01/.test(question) ? { ...DEVICES, filters: { location: 'AMS01' } } : DEVICES
    }
  ],
  ([result = '{}']) => `There are **${JSON.parse(result).count} devices**.`
)

async function signedIn(user: 'admin' | 'alice' | 'bob' | 'mallory'): Promise<WatchedPage> {
  const watched = await openPage(browser)
  await logIn(watched.page, nautobot.url, nautobot.users[user])
  return watched
}

test('answers how many devices a location has with the number of the list in Nautobot', async () => {
  await using watched = await signedIn('alice')
  const { page, complaints } = watched
  await openChat(page)
  const text = await ask(page, 'How many devices are at AMS01?')
  await screenshot(page, 'nautobot-answer')
  expect(complaints).toEqual([])

  const said = Number(/There are (\d+) devices/.exec(text)?.[1])
  expect(said).toBeGreaterThan(0)
  await expect
    .poll(() => page.getByRole('list', { name: 'Steps' }).textContent())
    .toMatch(/Count devices[\s\S]*AMS01/)
  const [proof] = await Promise.all([
    page.context().waitForEvent('page'),
    page.getByRole('link', { name: `Devices: ${said}` }).click()
  ])
  expect(await shownTotal(proof)).toBe(said)
  expect(proof.url()).toContain(`${nautobot.url}/dcim/devices/?location=AMS01`)
})

test('tells why, and each way to ask by hand gives the number of the answer', async () => {
  await using watched = await signedIn('alice')
  const { page, complaints } = watched
  await openChat(page)
  const said = Number(/\d+/.exec(await ask(page, 'How many devices are at AMS01?'))?.[0])
  expect(said).toBeGreaterThan(0)
  await page.getByRole('button', { name: 'Why', exact: true }).click()
  const why = page.getByRole('region', { name: 'Why this answer' })
  await why.getByText('Nautobot was read as alice').waitFor()
  const copied = async (name: string): Promise<string> => {
    await why.getByRole('button', { name: `Copy Count devices as ${name}` }).click()
    return (await why.getByRole('group', { name: `${name} query` }).textContent()) ?? ''
  }
  const { token } = nautobot.users.alice
  const byCurl = await run('sh', ['-c', await copied('curl')], {
    env: { PATH: process.env.PATH, NAUTOBOT_TOKEN: token }
  })
  expect(JSON.parse(byCurl.stdout).count).toBe(said)
  const byGraphql = await fetch(`${nautobot.url}/api/graphql/`, {
    method: 'POST',
    headers: { Authorization: `Token ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: await copied('GraphQL') })
  })
  const graphql = await byGraphql.json()
  expect(graphql).not.toHaveProperty('errors')
  expect(graphql.data.devices).toHaveLength(said)

  // Nautobot's page has hotkeys; what is pressed in the panel is not for them.
  await page.keyboard.press('/')
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('AI-OPS-CHAT')
  await screenshot(page, 'nautobot-why')
  await page.setViewportSize(TELEPHONE)
  await why.scrollIntoViewIfNeeded()
  await screenshot(page, 'nautobot-why-telephone')
  const over = await why.evaluate((panel) =>
    [panel, ...panel.querySelectorAll('li, .why-what')].map(
      (box) => box.scrollWidth - box.clientWidth
    )
  )
  expect(Math.max(...over)).toBe(0)
  expect(complaints).toEqual([])
})

test('gives each user the number that their rights show', async () => {
  const answers: number[] = []
  for (const user of ['alice', 'bob'] as const) {
    await using watched = await signedIn(user)
    const { page } = watched
    await openChat(page)
    const said = Number(/\d+/.exec(await ask(page, 'How many devices are there?'))?.[0])
    await page.goto(`${nautobot.url}/dcim/devices/?clear_view=true`)
    expect([user, said]).toEqual([user, await shownTotal(page)])
    answers.push(said)
  }
  const [alice = 0, bob = 0] = answers
  expect(bob).toBeGreaterThan(0)
  expect(bob).toBeLessThan(alice)
})

test('uses the prompt that an administrator has just changed in Nautobot', async () => {
  await using watched = await signedIn('alice')
  const { page } = watched
  await openChat(page)
  await ask(page, 'How many devices are there?')
  expect(systemPrompt()).not.toContain(PROMPT)

  await using administrator = await signedIn('admin')
  const form = administrator.page
  await form.goto(`${nautobot.url}/plugins/ai-ops/system-prompts/add/`)
  await form.getByLabel('Name').fill('Pirate')
  await form.locator('#id_text').fill(PROMPT)
  await choose(form, 'status', 'Approved')
  await form.getByRole('button', { name: 'Create', exact: true }).click()
  await form.waitForURL(/system-prompts\/[0-9a-f-]{36}\//)
  await form.goto(`${nautobot.url}/plugins/ai-ops/llm-models/${service.modelId}/edit/`)
  await choose(form, 'system_prompt', 'Pirate')
  await form.getByRole('button', { name: 'Update' }).click()
  await form.waitForURL(new RegExp(`llm-models/${service.modelId}/$`))

  await ask(page, 'And how many now?')
  expect(systemPrompt()).toContain(PROMPT)
})

/** Picks a row of a select box whose choices Nautobot loads while one types. */
async function choose(page: Page, field: string, choice: string): Promise<void> {
  await page.locator(`#id_${field} + .select2 .select2-selection`).click()
  await page.locator('.select2-search__field').last().fill(choice)
  await page.locator('.select2-results__option', { hasText: choice }).first().click()
}

function systemPrompt(): string {
  const message = service.model.requests.at(-1)?.body.messages[0]
  return message ? textOf(message) : ''
}

test('carries the object of a page to the model', async () => {
  await using watched = await signedIn('alice')
  const { page } = watched
  await page.goto(`${nautobot.url}/dcim/devices/?name=ams01-rtr-01`)
  await page.getByRole('link', { name: 'ams01-rtr-01', exact: true }).first().click()
  await page.getByRole('link', { name: 'Ask AI' }).click()
  await page.getByText('About this device', { exact: true }).waitFor()
  const about = new URL(page.url()).searchParams.get('about') ?? 'nothing'
  expect(about).toMatch(/^dcim\.device:[0-9a-f-]{36}$/)

  await ask(page, 'How many devices are there?')
  const question = service.model.requests
    .at(-1)
    ?.body.messages.findLast(({ role }) => role === 'user')
  expect(question && textOf(question)).toContain(about)
})

test('stops an answer and keeps what came', async () => {
  const { model } = service
  model.answer(() => [say('The first words'), pause(60_000), say(' and never more')])
  await using watched = await signedIn('alice')
  const { page } = watched
  await openChat(page)
  await page.getByLabel('Your question').fill('Tell me a long story')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('The first words').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('Stopped. What came before is kept.').waitFor()
  await expect.poll(() => model.requests.at(-1)?.closedByClient, { timeout: 2_000 }).toBe(true)
  expect(await page.getByText('The first words').count()).toBe(1)

  model.answer(answerCounts)
  expect(await ask(page, 'How many devices are there?')).toMatch(/\d+ devices/)
})

test('follows the dark theme of Nautobot', async () => {
  await using watched = await signedIn('alice')
  const { page } = watched
  await openChat(page)
  const colours = () =>
    page.locator('ai-ops-chat .composer-box').evaluate((box) => {
      const { color, backgroundColor } = getComputedStyle(box)
      return [color, backgroundColor]
    })
  const [text, background] = await colours()
  await page.locator('[data-bs-target="#theme_modal"]').first().click()
  await page.locator('[data-nb-theme="dark"]').click()
  await expect.poll(async () => (await colours())[0]).not.toBe(text)
  expect((await colours())[1]).not.toBe(background)
  await ask(page, 'How many devices are there?')
  await screenshot(page, 'nautobot-dark')
})

test('can be used on a telephone, beside the open sidebar', async () => {
  await using watched = await signedIn('alice')
  const { page } = watched
  await openChat(page)
  await page.setViewportSize(TELEPHONE)
  await screenshot(page, 'nautobot-telephone-empty')
  const field = page.getByLabel('Your question')
  await field.click()
  await ask(page, 'How many devices are at AMS01?')
  await screenshot(page, 'nautobot-telephone')
  const box = await page.locator('ai-ops-chat .composer-box').boundingBox()
  expect(box?.x).toBeGreaterThanOrEqual(0)
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(TELEPHONE.width)
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(TELEPHONE.height)
})

test('shows no entry and no page to who may not chat, and the login page to nobody', async () => {
  await using watched = await signedIn('mallory')
  const { page } = watched
  expect(await page.getByText('AI Platform').count()).toBe(0)
  expect((await page.goto(`${nautobot.url}/plugins/ai-ops/chat/`))?.status()).toBe(403)
  expect(await page.locator('ai-ops-chat').count()).toBe(0)

  await using stranger = await openPage(browser)
  await stranger.page.goto(`${nautobot.url}/plugins/ai-ops/chat/`)
  expect(stranger.page.url()).toContain('/login/?next=/plugins/ai-ops/chat/')
})

test.each([
  ['somebody logged out', (other: Page) => other.goto(`${nautobot.url}/logout/`)],
  ['the cookies are gone', (other: Page) => other.context().clearCookies()]
])('leads to the login page and back when %s', async (_reason, endSession) => {
  await using watched = await signedIn('alice')
  const { page } = watched
  await openChat(page)
  await endSession(await page.context().newPage())
  // The token in the page's memory lives on for minutes: a new element has none.
  await page.evaluate(() => {
    const old = document.querySelector('ai-ops-chat')
    old?.replaceWith(old.cloneNode())
  })
  await page.getByRole('link', { name: 'Sign in again' }).click()
  const { username, password } = nautobot.users.alice
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
  await page.getByLabel('Your question').waitFor()
  expect(await ask(page, 'How many devices are there?')).toMatch(/\d+ devices/)
})

test('answers with the tool of an MCP server that Nautobot describes', async () => {
  const { objects, model, secretsGroupId } = service
  const server = await objects.create('/plugins/ai-ops/mcp-servers/', {
    name: 'Everything',
    status: 'Healthy',
    remote_url: everything.url,
    secrets_group: secretsGroupId,
    read_only_tools: ['echo']
  })
  model.answer(
    callOfferedTools(
      [{ tool: 'echo', args: { message: 'ahoy' } }],
      ([result]) => `The server says: ${result}`
    )
  )
  await using watched = await signedIn('alice')
  const { page } = watched
  await openChat(page)
  await page.getByRole('button', { name: '1 server' }).waitFor()
  expect(await ask(page, 'Echo ahoy')).toContain('The server says: Echo: ahoy')
  await objects.remove('/plugins/ai-ops/mcp-servers/', server)
})
