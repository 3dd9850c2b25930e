import { readFile } from 'node:fs/promises'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, openPage, screenshot, violations } from './support/browser.ts'
import { type LabSidecar, startLabSidecar } from './support/lab-sidecar.ts'

const NARROW = { width: 390, height: 740 }
const FIRST = 'How many racks are there?'
const SECOND = 'How many devices are there at AMS01?'
const THIRD = 'Which VLANs are there?'
const BETTER = 'How many devices are there at FRA01?'
let browser: Browser
let sidecar: LabSidecar

beforeAll(async () => {
  browser = await launchBrowser()
  sidecar = await startLabSidecar()
})

afterAll(async () => {
  await browser?.close()
  await sidecar?.stop()
})

const question = (page: Page, count: number): Locator =>
  page.getByRole('article', { name: 'Question' }).nth(count - 1)
const answer = (page: Page, count: number): Locator =>
  page.getByRole('article', { name: 'Answer' }).nth(count - 1)
const pencil = (page: Page, count: number): Locator =>
  question(page, count).getByRole('button', { name: 'Edit this question' })
const editor = (page: Page): Locator => page.getByRole('textbox', { name: 'Edit this question' })
const versions = (page: Page): Locator =>
  page.getByRole('group', { name: 'Versions of this question' })
const asked = (page: Page): Promise<string[]> => page.locator('.bubble').allTextContents()

async function ask(page: Page, text: string, count: number): Promise<void> {
  await page.getByLabel('Your question').fill(text)
  await page.keyboard.press('Enter')
  await ended(page, count)
}

async function ended(page: Page, count: number): Promise<void> {
  await answer(page, count).locator('.answer-footer').waitFor({ timeout: 20_000 })
  await expect.poll(() => page.getByRole('button', { name: 'Stop' }).count()).toBe(0)
}

async function askThree(page: Page): Promise<void> {
  await page.goto(sidecar.url)
  for (const [index, text] of [FIRST, SECOND, THIRD].entries()) await ask(page, text, index + 1)
}

async function askInstead(page: Page, count: number, text: string): Promise<void> {
  await pencil(page, count).click()
  await editor(page).fill(text)
  await page.keyboard.press('Enter')
  await expect.poll(() => asked(page)).toContain(text)
  await ended(page, count)
}

test.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { colorScheme: 'light', viewport: NARROW }]
] as const)(
  'an earlier question is asked anew, and its versions read well, in %s',
  async (name, options) => {
    await using opened = await openPage(browser, { ...options, bypassCSP: true })
    const { page } = opened
    await askThree(page)
    await screenshot(page, `branches-before-${name}`)
    await pencil(page, 2).click()
    await screenshot(page, `branches-editor-${name}`)
    expect(await violations(page)).toEqual([])
    await editor(page).fill(BETTER)
    await page.keyboard.press('Enter')
    await ended(page, 2)
    expect(await asked(page)).toEqual([FIRST, BETTER])
    expect(await answer(page, 2).locator('.markdown').last().textContent()).toContain('FRA01')
    expect(await versions(page).textContent()).toContain('2 / 2')
    await screenshot(page, `branches-after-${name}`)
    expect(await violations(page)).toEqual([])
    expect(opened.complaints).toEqual([])
  }
)

test('who turns to another version sees all that came of it, and a reload, an export and a question stay with it', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askThree(page)
  await askInstead(page, 2, BETTER)
  await versions(page).getByRole('button', { name: 'Previous version' }).click()
  await expect.poll(() => asked(page)).toEqual([FIRST, SECOND, THIRD])
  expect(await versions(page).textContent()).toContain('1 / 2')
  expect(await answer(page, 3).getByRole('list', { name: 'Steps' }).count()).toBe(1)
  await page.reload()
  await expect.poll(() => asked(page)).toEqual([FIRST, SECOND, THIRD])

  await page
    .getByRole('button', { name: `More about ${FIRST}` })
    .first()
    .click()
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export as Markdown' }).click()
  const exported = await readFile(await (await downloading).path(), 'utf8')
  expect([exported.includes(THIRD), exported.includes(BETTER)]).toEqual([true, false])

  await ask(page, 'How many sites are there?', 4)
  expect(await asked(page)).toEqual([FIRST, SECOND, THIRD, 'How many sites are there?'])
  await page.reload()
  await expect.poll(() => asked(page)).toEqual([FIRST, SECOND, THIRD, 'How many sites are there?'])
  await versions(page).getByRole('button', { name: 'Next version' }).click()
  await expect.poll(() => asked(page)).toEqual([FIRST, BETTER])
  expect(opened.complaints).toEqual([])
})

test('the keyboard alone edits, goes back, and turns through three versions', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  const focused = () =>
    page.evaluate(() => {
      const inside = document.querySelector('ai-ops-chat')?.shadowRoot?.activeElement
      return inside?.getAttribute('aria-label')
    })
  await page.goto(sidecar.url)
  await ask(page, FIRST, 1)
  await pencil(page, 1).focus()
  await page.keyboard.press('Enter')
  await page.keyboard.type(' And where?')
  await page.keyboard.press('Escape')
  await expect.poll(focused).toBe('Edit this question')
  expect(await asked(page)).toEqual([FIRST])
  await page.keyboard.press('Enter')
  expect(await editor(page).inputValue()).toBe(`${FIRST} And where?`)
  await page.keyboard.press('Enter')
  await ended(page, 1)
  expect(await focused()).toBe('Your question')
  await askInstead(page, 1, SECOND)
  expect(await versions(page).textContent()).toContain('3 / 3')

  await versions(page).getByRole('button', { name: 'Previous version' }).focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => asked(page)).toEqual([`${FIRST} And where?`])
  await expect.poll(focused).toBe('Previous version')
  expect(await page.locator('.chat > [role="status"]').textContent()).toBe('Version 2 of 3')
  await page.keyboard.press('Enter')
  await expect.poll(() => asked(page)).toEqual([FIRST])
  await expect.poll(focused).toBe('Next version')
  await page.keyboard.press('Enter')
  await expect.poll(() => asked(page)).toEqual([`${FIRST} And where?`])
  expect(opened.complaints).toEqual([])
})
