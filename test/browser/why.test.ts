import type { Browser, Locator, Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser, openPage, screenshot, violations } from './support/browser.ts'
import { storedConversation } from './support/fake-conversations.ts'
import { type FakeSidecar, startFakeSidecar } from './support/fake-sidecar.ts'
import { longRun, lookedUpRun } from './support/looked-up-runs.ts'
import { goodRun } from './support/scripted-answers.ts'

const NARROW = { width: 360, height: 740 }
const TALL = { width: 1_280, height: 1_500 }
const OLD = 'Free prefixes in the north'
let browser: Browser
let fake: FakeSidecar

beforeAll(async () => {
  browser = await launchBrowser()
  return async () => {
    await browser.close()
  }
})

beforeEach(async () => {
  fake = await startFakeSidecar()
  fake.script = () => ({ steps: goodRun(`run-${fake.asked.length}`) })
  fake.lookUp = (runId) => (runId === 'run-1' ? lookedUpRun() : undefined)
  fake.conversations.stored = [storedConversation('c1', OLD, 30)]
  return async () => {
    await fake.close()
  }
})

async function askOne(page: Page): Promise<void> {
  await page.goto(fake.url)
  await page.getByLabel('Your question').fill('How many devices are at AMS01, by role?')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.locator('.answer-footer').waitFor()
}

const opener = (page: Page): Locator => page.getByRole('button', { name: 'Why', exact: true })
const panel = (page: Page): Locator => page.getByRole('region', { name: 'Why this answer' })

/** Opens the panel and waits for the words. */
async function openWhy(page: Page, words: string | RegExp): Promise<void> {
  await opener(page).click()
  await panel(page).getByText(words).first().waitFor()
}

test.each(['light', 'dark'] as const)(
  'the panel tells who answered, what was asked and what it took, accessibly in %s',
  async (colorScheme) => {
    await using opened = await openPage(browser, { colorScheme, bypassCSP: true, viewport: TALL })
    const { page } = opened
    await askOne(page)
    await openWhy(page, 'Night shift, version 3fa9c1e2')
    const said = (await panel(page).textContent()) ?? ''
    for (const words of [
      'because GPT in Azure is busy',
      '7,236 in (3,072 cached), 123 out',
      'Nautobot was read as alice',
      'location AMS01 · by role',
      'of nautobot · 21 rows · 1.2 KB · 14 ms',
      'Rejected by alice on 27 Nov 2026',
      'Not before the change window.'
    ]) {
      expect(said).toContain(words)
    }
    const items = panel(page).getByRole('list', { name: 'What was done' }).locator('> li')
    expect(await items.evaluateAll((all) => all.map((one) => one.className))).toEqual([
      ...['why-model', 'why-step done', 'why-step failed', 'why-model', 'why-step failed'],
      'why-model'
    ])
    await panel(page).scrollIntoViewIfNeeded()
    await screenshot(page, `why-${colorScheme}`)
    expect(await violations(page)).toEqual([])
    await panel(page).getByRole('button', { name: 'Arguments of Count devices' }).click()
    await screenshot(page, `why-arguments-${colorScheme}`)
    expect(await violations(page)).toEqual([])
    expect(opened.complaints).toEqual([])
  }
)

test('what tools say is text there, never an element or a link', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askOne(page)
  await openWhy(page, '<b>now</b> https://evil.example/x')
  expect(await panel(page).locator('b, a').count()).toBe(0)
})

test.each([
  ['curl', "/api/dcim/devices/?location=AMS01&limit=1'"],
  ['pynautobot', 'nautobot.dcim.devices.count(location=["AMS01"])'],
  ['GraphQL', '{ devices(location: ["AMS01"]) { id name } }']
])('a step is copied as %s, and shows what was copied', async (name, words) => {
  await using opened = await openPage(browser, {
    permissions: ['clipboard-read', 'clipboard-write']
  })
  const { page } = opened
  await askOne(page)
  await openWhy(page, 'Copy as')
  await panel(page)
    .getByRole('button', { name: `Copy Count devices as ${name}` })
    .click()
  await panel(page).getByText(`Copied as ${name}`).waitFor()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toContain(words)
  const shown = panel(page).getByRole('group', { name: `${name} query` })
  expect(await shown.textContent()).toBe(copied)
})

test('a keyboard opens it, reaches all of it, and leaves it with Escape', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askOne(page)
  await opener(page).focus()
  await page.keyboard.press('Enter')
  await panel(page).getByText('Copy as').waitFor()
  expect(await opener(page).getAttribute('aria-expanded')).toBe('true')
  await page.keyboard.press('Tab')
  const focused = () =>
    page.evaluate(() => {
      const root = document.querySelector('ai-ops-chat')?.shadowRoot
      return root?.activeElement?.getAttribute('aria-label') ?? root?.activeElement?.textContent
    })
  expect(await focused()).toBe('Arguments of Count devices')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('Copy Count devices as curl')
  await page.keyboard.press('Enter')
  await panel(page).getByRole('group', { name: 'curl query' }).waitFor()
  await page.keyboard.press('Escape')
  await panel(page).waitFor({ state: 'detached' })
  expect(await focused()).toBe('Why')
  expect(await opener(page).getAttribute('aria-expanded')).toBe('false')
})

test('it is no wider than a narrow window', async () => {
  await using opened = await openPage(browser, { viewport: NARROW, bypassCSP: true })
  const { page } = opened
  await askOne(page)
  await openWhy(page, 'Copy as')
  await panel(page).getByRole('button', { name: 'Copy Count devices as curl' }).click()
  await panel(page).getByRole('group', { name: 'curl query' }).waitFor()
  await opener(page).evaluate((button) => button.scrollIntoView())
  await screenshot(page, 'why-narrow')
  const over = await page.evaluate(() => {
    const root = document.querySelector('ai-ops-chat')?.shadowRoot
    return ['.log', '.why'].map((name) => {
      const box = root?.querySelector(name)
      return box ? box.scrollWidth - box.clientWidth : -1
    })
  })
  expect(over).toEqual([0, 0])
  expect(await violations(page)).toEqual([])
})

test('a run of a hundred steps shows some of them, and more on demand', async () => {
  fake.lookUp = () => longRun(100)
  await using opened = await openPage(browser, { viewport: TALL })
  const { page } = opened
  await askOne(page)
  await openWhy(page, 'Copy as')
  const items = panel(page).getByRole('list', { name: 'What was done' }).locator('> li')
  expect(await items.count()).toBe(30)
  await screenshot(page, 'why-long')
  await panel(page).getByRole('button', { name: 'Show 30 more of 200' }).click()
  expect(await items.count()).toBe(60)
})

test('a service that fails is said, and asked again', async () => {
  const refuse = {
    code: 'REDIS_UNAVAILABLE',
    message: 'The store of the conversations does not answer.',
    retryable: true
  } as const
  fake.lookUp = () => ({ status: 503, refuse })
  await using opened = await openPage(browser, { bypassCSP: true })
  const { page } = opened
  await askOne(page)
  await openWhy(page, 'REDIS_UNAVAILABLE')
  await panel(page).scrollIntoViewIfNeeded()
  await screenshot(page, 'why-error')
  expect(await violations(page)).toEqual([])
  fake.lookUp = () => lookedUpRun()
  await panel(page).getByRole('button', { name: 'Try again' }).click()
  await panel(page).getByText('Night shift, version 3fa9c1e2').waitFor()
})

test('of an old answer it tells what the conversation keeps', async () => {
  await using opened = await openPage(browser, { bypassCSP: true })
  const { page } = opened
  await page.goto(fake.url)
  await page.getByRole('button', { name: OLD, exact: true }).click()
  await openWhy(page, 'no longer kept')
  await screenshot(page, 'why-expired')
  expect(await panel(page).getByText('location AMS01').count()).toBe(1)
  expect(await panel(page).getByText('Copy as').count()).toBe(0)
  expect(await violations(page)).toEqual([])
})

test('a stored answer is looked up by its question, also after a reload', async () => {
  fake.lookUp = (runId) => (runId === 'c1-1' ? lookedUpRun() : undefined)
  await using opened = await openPage(browser)
  const { page } = opened
  await page.goto(fake.url)
  await page.getByRole('button', { name: OLD, exact: true }).click()
  await openWhy(page, 'Night shift, version 3fa9c1e2')
  await page.reload()
  await openWhy(page, 'Night shift, version 3fa9c1e2')
})

test('an answer without tools says that nothing was read', async () => {
  fake.lookUp = () => lookedUpRun({ steps: [], approvals: [], standIns: [], prompt: undefined })
  await using opened = await openPage(browser)
  const { page } = opened
  await askOne(page)
  await openWhy(page, 'nothing was read for this answer')
  expect(await panel(page).getByText('The built-in one alone').count()).toBe(1)
  await panel(page).scrollIntoViewIfNeeded()
  await screenshot(page, 'why-no-tools')
})

test('a run that goes on says how far it is, and is looked at again', async () => {
  fake.lookUp = () =>
    lookedUpRun({ state: 'running', endedAt: undefined, steps: [], approvals: [] })
  await using opened = await openPage(browser)
  const { page } = opened
  await askOne(page)
  await openWhy(page, 'Still being answered')
  expect(await panel(page).getByText('No tool has been asked yet.').count()).toBe(1)
  fake.lookUp = () => lookedUpRun()
  await panel(page).getByRole('button', { name: 'Look again' }).click()
  await panel(page).getByText('location AMS01').waitFor()
})

test('the panel comes as a script of its own, and a missing one can be asked for again', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  const parts: string[] = []
  page.on('request', (request) => {
    if (request.url().includes('/part-')) parts.push(request.url())
  })
  await page.route('**/part-*.js', (route) => route.abort())
  await askOne(page)
  expect(parts).toEqual([])
  await opener(page).click()
  await page.getByRole('alert').getByText('could not be loaded').waitFor()
  await page.unroute('**/part-*.js')
  await page.getByRole('button', { name: 'Try again' }).click()
  await panel(page).getByText('Night shift, version 3fa9c1e2').waitFor()
  expect(await page.getByText('could not be loaded').count()).toBe(0)
})
