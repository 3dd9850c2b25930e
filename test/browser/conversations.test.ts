import { readFile } from 'node:fs/promises'
import type { Browser, Locator, Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser, openPage, screenshot, violations } from './support/browser.ts'
import { storedConversation } from './support/fake-conversations.ts'
import { type FakeSidecar, startFakeSidecar } from './support/fake-sidecar.ts'
import { finished, goodRun, started, text } from './support/scripted-answers.ts'

const NARROW = { width: 390, height: 740 }
const DAY_HOURS = 24
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
  fake.conversations.stored = [
    storedConversation('c1', 'How many devices are at AMS01, by role?', 0),
    storedConversation('c2', 'Which VLANs are there at each location of the north?', 0),
    storedConversation('c3', 'Who changed ams01-leaf-03 since Friday?', DAY_HOURS),
    storedConversation('c4', 'Free /28 prefixes in Frankfurt', 3 * DAY_HOURS),
    ...Array.from({ length: 40 }, (_, index) =>
      storedConversation(`old-${index}`, `Circuit ${index + 1} of the provider`, 40 * DAY_HOURS)
    )
  ]
  return async () => {
    await fake.close()
  }
})

const panel = (page: Page): Locator => page.getByRole('navigation', { name: 'Conversations' })
const item = (page: Page, title: string): Locator =>
  panel(page).getByRole('button', { name: title, exact: true })

async function visit(page: Page): Promise<void> {
  await page.goto(fake.url)
  await page.locator('.examples button:enabled').first().waitFor()
}

async function choose(page: Page, title: string, action: string): Promise<void> {
  await panel(page)
    .getByRole('button', { name: `More about ${title}` })
    .click()
  await panel(page).getByRole('button', { name: action }).click()
}

test.each(['light', 'dark'] as const)(
  'the list reads well and is accessible in %s, and opening one shows its messages and steps',
  async (colorScheme) => {
    const [first, ...rest] = fake.conversations.stored
    if (first)
      fake.conversations.stored = [first, { ...rest[0], runId: 'gone' } as never, ...rest.slice(1)]
    await using opened = await openPage(browser, { colorScheme, bypassCSP: true })
    const { page } = opened
    await visit(page)
    await item(page, 'Free /28 prefixes in Frankfurt').waitFor()
    await screenshot(page, `conversations-${colorScheme}`)
    expect(await violations(page)).toEqual([])
    await item(page, 'How many devices are at AMS01, by role?').click()
    await page.getByRole('cell', { name: 'leaf' }).waitFor()
    await page.getByRole('button', { name: /Count devices/ }).click()
    expect(await page.getByRole('group', { name: 'Result' }).textContent()).toContain('24')
    expect(
      await item(page, 'How many devices are at AMS01, by role?').getAttribute('aria-current')
    ).toBe('page')
    await panel(page).getByRole('button', { name: 'More about Free' }).click()
    await screenshot(page, `conversation-${colorScheme}`)
    expect(await violations(page)).toEqual([])
    expect(opened.complaints).toEqual([])
  }
)

test('a reload opens the last conversation, and a question goes on with it', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await item(page, 'Free /28 prefixes in Frankfurt').click()
  await page.getByRole('cell', { name: 'leaf' }).waitFor()
  await page.reload()
  await page.getByRole('cell', { name: 'leaf' }).waitFor()
  await page.getByLabel('Your question').fill('And here?')
  await page.keyboard.press('Enter')
  await expect.poll(() => fake.asked.at(-1)).toMatchObject({ conversationId: 'c4' })
})

test('the run under way is followed in the conversation that is opened, and not in another', async () => {
  fake.script = () => ({ steps: [started('run-1'), ...text('t', 'So far.'), { hold: true }] })
  await using opened = await openPage(browser)
  const { page } = opened
  const asking = fetch(`${fake.url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message: 'And now?' })
  })
  await expect.poll(() => fake.asked).toHaveLength(1)
  const messages = [{ id: 'run-1', role: 'user', text: 'And now?' }] as const
  fake.conversations.stored = [
    storedConversation('conversation-1', 'Now', 0, { runId: 'run-1', messages }),
    ...fake.conversations.stored
  ]
  await visit(page)
  await item(page, 'Being answered: Now').click()
  await page.getByText('So far.').waitFor()
  expect(await page.getByRole('article', { name: 'Question' }).count()).toBe(1)
  await item(page, 'Free /28 prefixes in Frankfurt').click()
  await page.getByRole('cell', { name: 'leaf' }).waitFor()
  expect(await page.getByText('So far.').count()).toBe(0)
  expect(await page.getByRole('button', { name: 'Stop' }).count()).toBe(0)
  expect(fake.cancelled).toEqual([])
  await item(page, 'Being answered: Now').click()
  await page.getByText('So far.').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('Stopped. What came before is kept.').waitFor()
  expect(fake.cancelled).toEqual(['run-1'])
  await (await asking).body?.cancel()
})

test('a search looks for titles, and the rest is a page away', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await panel(page).getByRole('button', { name: 'Show more' }).click()
  await item(page, 'Circuit 40 of the provider').waitFor()
  expect(await panel(page).getByRole('button', { name: 'Show more' }).count()).toBe(0)
  const search = page.getByRole('searchbox', { name: 'Search conversations' })
  await search.fill('vlan')
  await expect.poll(() => panel(page).locator('.conversation').count()).toBe(1)
  await search.fill('nothing like this')
  await page.getByText('No conversation is called “nothing like this”.').waitFor()
  await search.press('Escape')
  await item(page, 'Free /28 prefixes in Frankfurt').waitFor()
})

test('a conversation is renamed in its place, and Escape leaves it as it was', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  const title = 'Free /28 prefixes in Frankfurt'
  await choose(page, title, 'Rename')
  await page.getByLabel('Title').fill('Nothing')
  await page.keyboard.press('Escape')
  await item(page, title).waitFor()
  await choose(page, title, 'Rename')
  await page.getByLabel('Title').fill('Frankfurt')
  await page.keyboard.press('Enter')
  await item(page, 'Frankfurt').waitFor()
  expect(fake.conversations.stored.find(({ id }) => id === 'c4')?.title).toBe('Frankfurt')
})

test('a conversation is exported as a file with its name', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  const download = page.waitForEvent('download')
  await choose(page, 'Free /28 prefixes in Frankfurt', 'Export as Markdown')
  const file = await download
  expect(file.suggestedFilename()).toBe('free-28-prefixes-in-frankfurt.md')
  expect(await readFile(await file.path(), 'utf8')).toBe('# Free /28 prefixes in Frankfurt\n')
  expect(opened.complaints).toEqual([])
})

test('deleting asks first, and the open conversation leaves the page with it', async () => {
  await using opened = await openPage(browser, { bypassCSP: true })
  const { page } = opened
  await visit(page)
  const title = 'Free /28 prefixes in Frankfurt'
  await item(page, title).click()
  await page.getByRole('cell', { name: 'leaf' }).waitFor()
  await choose(page, title, 'Delete')
  const dialog = page.getByRole('dialog', { name: 'Delete this conversation?' })
  await screenshot(page, 'conversation-delete')
  expect(await violations(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  expect(fake.conversations.stored.some(({ id }) => id === 'c4')).toBe(true)
  await choose(page, title, 'Delete')
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await page.locator('.examples').waitFor()
  expect(await item(page, title).count()).toBe(0)
  const next = panel(page).getByRole('button', { name: 'New conversation' })
  await expect.poll(() => next.evaluate((button) => button.matches(':focus'))).toBe(true)
  expect(fake.conversations.stored.some(({ id }) => id === 'c4')).toBe(false)
})

test('the list can be put away, which a reload remembers, and a keyboard brings it back', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await page.getByRole('button', { name: 'Hide conversations' }).click()
  expect(await panel(page).isVisible()).toBe(false)
  await page.reload()
  const show = page.getByRole('button', { name: 'Show conversations' })
  await show.waitFor()
  await screenshot(page, 'conversations-hidden')
  expect(await panel(page).isVisible()).toBe(false)
  await show.press('Enter')
  await item(page, 'Free /28 prefixes in Frankfurt').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('cell', { name: 'leaf' }).waitFor()
})

test('in a narrow window the list is a drawer, which Escape or a choice closes', async () => {
  await using opened = await openPage(browser, { viewport: NARROW, bypassCSP: true })
  const { page } = opened
  await visit(page)
  expect(await panel(page).isVisible()).toBe(false)
  await page.getByRole('button', { name: 'Show conversations' }).click()
  await item(page, 'Free /28 prefixes in Frankfurt').waitFor()
  await screenshot(page, 'conversations-narrow')
  expect(await violations(page)).toEqual([])
  await page.keyboard.press('Escape')
  expect(await panel(page).isVisible()).toBe(false)
  await page.getByRole('button', { name: 'Show conversations' }).click()
  await item(page, 'Free /28 prefixes in Frankfurt').click()
  await page.getByRole('cell', { name: 'leaf' }).waitFor()
  expect(await panel(page).isVisible()).toBe(false)
  await screenshot(page, 'conversation-narrow')
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect(width).toBe(NARROW.width)
})

test.each([
  ['NOT_FOUND', 404, false, 'This service does not list conversations yet.'],
  ['REDIS_UNAVAILABLE', 503, true, 'Your conversations cannot be shown.']
] as const)('the chat works where the list answers %s', async (code, status, retryable, words) => {
  fake.conversations.refuse = { status, error: { code, message: 'There is nothing.', retryable } }
  fake.script = () => ({ steps: [started('run-1'), ...text('t', 'Three.'), finished('run-1')] })
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await panel(page).getByText(words).waitFor()
  await page.getByLabel('Your question').fill('How many?')
  await page.keyboard.press('Enter')
  await page.getByText('Three.').waitFor()
  await screenshot(page, `conversations-${status}`)
})
