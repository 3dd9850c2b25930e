import type { Browser, Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser, openPage, screenshot, violations } from './support/browser.ts'
import { type FakeSidecar, startFakeSidecar } from './support/fake-sidecar.ts'
import { failedRun, finished, goodRun, started, text } from './support/scripted-answers.ts'

/** Between two deltas: long enough to scroll while the answer grows. */
const STREAM_WAIT_MS = 15
const NARROW = { width: 360, height: 740 }
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
  return async () => {
    await fake.close()
  }
})

async function visit(page: Page): Promise<void> {
  await page.goto(fake.url)
  await page.getByRole('button', { name: 'What can you do?' }).waitFor()
}

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question)
  await page.keyboard.press('Enter')
}

const ended = (page: Page, count = 1): Promise<unknown> =>
  page
    .getByRole('article', { name: 'Answer' })
    .nth(count - 1)
    .locator('.answer-footer')
    .waitFor()

test.each(['light', 'dark'] as const)(
  'an answer reads well and is accessible in %s',
  async (colorScheme) => {
    await using opened = await openPage(browser, {
      colorScheme,
      bypassCSP: true,
      viewport: { width: 1280, height: 1200 }
    })
    const { page } = opened
    await visit(page)
    await screenshot(page, `empty-${colorScheme}`)
    expect(await violations(page)).toEqual([])
    await ask(page, 'How many devices are at AMS01, by role?')
    await ended(page)
    await page.getByRole('button', { name: /Count/ }).click()
    await screenshot(page, `answer-${colorScheme}`)
    expect(await violations(page)).toEqual([])
    expect(await page.getByRole('cell', { name: 'access-switch' }).count()).toBe(1)
    expect(opened.complaints).toEqual([])
  }
)

test('a failure reads well and is accessible, light and dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    fake.script = () => ({ steps: failedRun('run-1') })
    await using opened = await openPage(browser, { colorScheme, bypassCSP: true })
    const { page } = opened
    await visit(page)
    await ask(page, 'What is wrong?')
    await page.getByText('MODEL_RATE_LIMITED').waitFor()
    await screenshot(page, `failure-${colorScheme}`)
    expect(await violations(page)).toEqual([])
    expect(await page.getByText('The interface counters at AMS01 show').isVisible()).toBe(true)
  }
})

test('nothing is wider than a narrow window', async () => {
  await using opened = await openPage(browser, { viewport: NARROW })
  const { page } = opened
  await visit(page)
  await screenshot(page, 'empty-narrow')
  await ask(page, `How many? ${'x'.repeat(200)}`)
  await ended(page)
  await screenshot(page, 'answer-narrow')
  const widths = await page.evaluate(() => {
    const log = document.querySelector('ai-ops-chat')?.shadowRoot?.querySelector('.log')
    return [document.documentElement.scrollWidth, (log?.scrollWidth ?? 0) - (log?.clientWidth ?? 0)]
  })
  expect(widths).toEqual([NARROW.width, 0])
})

test('a long log keeps its end in sight and lets go when somebody reads above', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  for (let count = 1; count <= 4; count += 1) {
    await ask(page, `Question ${count}`)
    await ended(page, count)
  }
  await screenshot(page, 'long')
  const distance = () =>
    page.evaluate(() => {
      const log = document.querySelector('ai-ops-chat')?.shadowRoot?.querySelector('.log')
      return log ? log.scrollHeight - log.scrollTop - log.clientHeight : -1
    })
  await expect.poll(distance).toBeLessThan(4)
  fake.script = () => ({ steps: goodRun('run-5', STREAM_WAIT_MS) })
  await ask(page, 'Question 5')
  await expect.poll(distance).toBeLessThan(4)
  await page.getByRole('log').hover()
  await page.mouse.wheel(0, -900)
  await page.getByRole('button', { name: 'Latest' }).waitFor()
  await ended(page, 5)
  expect(await distance()).toBeGreaterThan(400)
  await page.getByRole('button', { name: 'Latest' }).click()
  await expect.poll(distance).toBeLessThan(4)
})

test('a step that is opened stays where it is', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await ask(page, 'How many?')
  await ended(page)
  await page.getByRole('log').hover()
  await page.mouse.wheel(0, -5_000)
  const step = page.getByRole('button', { name: /Count/ })
  const before = await step.boundingBox()
  await step.click()
  await page.getByRole('group', { name: 'Result' }).waitFor()
  expect((await step.boundingBox())?.y).toBe(before?.y)
})

test('a lost connection is picked up, and the page says so meanwhile', async () => {
  fake.script = () => ({
    steps: [
      started('run-1'),
      ...text('t', 'Before '),
      { cut: true },
      ...text('t', 'and after.'),
      finished('run-1')
    ]
  })
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await ask(page, 'How many?')
  await page.getByText('Connection lost. Reconnecting').waitFor()
  await page.getByText('Before and after.').waitFor()
  expect(fake.followed).toHaveLength(1)
})

test('Escape stops the run and keeps what came', async () => {
  fake.script = () => ({ steps: [started('run-1'), ...text('t', 'So far.'), { hold: true }] })
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await ask(page, 'How many?')
  await page.getByText('So far.').waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('Stopped. What came before is kept.').waitFor()
  expect(fake.cancelled).toEqual(['run-1'])
  expect(await page.getByText('So far.').isVisible()).toBe(true)
})

test('a second question while one is answered elsewhere keeps the draft', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  fake.script = () => ({
    status: 409,
    refuse: {
      code: 'CONVERSATION_BUSY',
      message: 'An answer is being written.',
      retryable: true,
      details: { runId: 'run-7' }
    }
  })
  await ask(page, 'And this?')
  await page.getByRole('button', { name: 'Stop the running answer' }).click()
  await expect.poll(() => fake.cancelled).toEqual(['run-7'])
  expect(await page.getByLabel('Your question').inputValue()).toBe('And this?')
  await screenshot(page, 'busy')
})

test('keys typed into the chat do not reach the page', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await page.evaluate(() => {
    document.addEventListener('keydown', () => {
      document.title = 'leaked'
    })
  })
  await page.getByLabel('Your question').press('/')
  expect(await page.getByLabel('Your question').inputValue()).toBe('/')
  expect(await page.title()).toBe('AI Ops for Nautobot')
})

test('an element that is moved in the page keeps its conversation', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await visit(page)
  await ask(page, 'How many?')
  await ended(page)
  await page.evaluate(() => {
    const box = document.createElement('div')
    box.style.height = '600px'
    document.body.append(box)
    const chat = document.querySelector('ai-ops-chat')
    if (chat) box.append(chat)
  })
  expect(await page.getByRole('article', { name: 'Answer' }).count()).toBe(1)
  expect(opened.complaints).toEqual([])
})

test('an answer is copied on a page that is no secure context, too', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined })
    document.addEventListener('copy', (event) => {
      document.title = event.clipboardData?.getData('text/plain') ?? ''
    })
  })
  await visit(page)
  await ask(page, 'How many?')
  await ended(page)
  await page.getByRole('button', { name: 'Copy answer' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
})

test('the chat follows a theme that the page switches while it is open', async () => {
  await using opened = await openPage(browser, { bypassCSP: true })
  const { page } = opened
  await visit(page)
  const background = () =>
    page.evaluate(() => {
      const chat = document.querySelector('ai-ops-chat')
      return chat ? getComputedStyle(chat).backgroundColor : ''
    })
  expect(await background()).toBe('rgb(255, 255, 255)')
  await page.evaluate(() => {
    document.documentElement.style.setProperty('--bs-body-bg', '#1a1a1a')
    document.documentElement.style.setProperty('--bs-body-color', '#fff')
  })
  expect(await background()).toBe('rgb(26, 26, 26)')
})

test.each([
  ['a low window', { width: 1280, height: 300 }],
  ['what the open sidebar of Nautobot leaves of a telephone', { width: 150, height: 700 }]
])(
  'in %s the empty chat starts with its heading, and all of it can be used',
  async (name, viewport) => {
    await using opened = await openPage(browser, { viewport })
    const { page } = opened
    await visit(page)
    await screenshot(page, `empty-${name.replaceAll(' ', '-')}`)
    const heading = page.getByRole('heading')
    expect((await heading.boundingBox())?.y).toBeGreaterThanOrEqual(0)
    await ask(page, 'How many?')
    await ended(page)
    await screenshot(page, `answer-${name.replaceAll(' ', '-')}`)
    const outside = await page.evaluate(() => {
      const root = document.querySelector('ai-ops-chat')?.shadowRoot
      const parts =
        root?.querySelectorAll('.step-head *, .meta *, .proof a, .bubble, .composer *') ?? []
      return [...parts]
        .map((part) => part.getBoundingClientRect())
        .filter(({ left, right, width }) => width > 1 && (left < 0 || right > innerWidth)).length
    })
    expect(outside).toBe(0)
    await page.getByTitle('MCP servers').click()
    await page.getByRole('checkbox').first().click({ trial: true })
  }
)
