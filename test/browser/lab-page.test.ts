import { readFile } from 'node:fs/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, openPage, screenshot } from './support/browser.ts'
import { type LabSidecar, startLabSidecar } from './support/lab-sidecar.ts'

/** Between the key and the mark on the page, the way to the service and back included. */
const STOP_MS = 5_000
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

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question)
  await page.keyboard.press('Enter')
}

const answer = (page: Page, count: number) =>
  page.getByRole('article', { name: 'Answer' }).nth(count - 1)

const ended = (page: Page, count: number): Promise<unknown> =>
  answer(page, count).locator('.answer-footer').waitFor({ timeout: 20_000 })

/** The number on the list page that an evidence link leads to. */
async function shownThere(page: Page, count: number): Promise<number> {
  const link = answer(page, count).getByRole('list', { name: 'Evidence' }).getByRole('link').first()
  const url = await link.getAttribute('href')
  const html = await (await fetch(url ?? '')).text()
  const text = html.replaceAll(/<[^>]+>/g, ' ')
  return Number(/of\s+(\d+)/.exec(text)?.[1] ?? Number.NaN)
}

test('a question typed on the page is answered from real tool results, with proof', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await page.goto(sidecar.url)
  await ask(page, 'How many devices are there at AMS01?')
  await ended(page, 1)
  await screenshot(page, 'lab-answer')
  const text = (await answer(page, 1).locator('.markdown').textContent()) ?? ''
  expect(text).toContain('AMS01')
  expect(text).toContain(String(await shownThere(page, 1)))
  expect(await answer(page, 1).getByText('Lab model, not a language model').isVisible()).toBe(true)
  await answer(page, 1).getByRole('button', { name: /AMS01/ }).first().click()
  expect(await page.getByRole('group', { name: 'Arguments' }).textContent()).toContain(
    'dcim.device'
  )
  await ask(page, 'Which VLANs are there?')
  await ended(page, 2)
  await screenshot(page, 'lab-follow-up')
  expect(await page.locator('.failure').count()).toBe(0)
  expect(opened.complaints).toEqual([])
})

test('every example question is answered', async () => {
  await using opened = await openPage(browser, { viewport: { width: 1280, height: 1000 } })
  const { page } = opened
  await page.goto(sidecar.url)
  await page.locator('.examples button:enabled').first().waitFor()
  const examples = await page.locator('.examples button:enabled').allTextContents()
  expect(examples.length).toBeGreaterThanOrEqual(5)
  for (const [index, example] of examples.entries()) {
    await ask(page, example)
    await ended(page, index + 1)
    await screenshot(page, `lab-example-${index + 1}`)
    const text =
      (await answer(page, index + 1)
        .locator('.markdown')
        .last()
        .textContent()) ?? ''
    expect(text, example).not.toMatch(/I only know|do not know|don’t know/i)
    expect(text.length, example).toBeGreaterThan(20)
  }
  expect(await page.locator('.failure').count()).toBe(0)
})

test('a reload in mid-answer brings the question and its answer back', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await page.goto(sidecar.url)
  await ask(page, 'Which devices are there at AMS01?')
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  await answer(page, 1).getByRole('list', { name: 'Steps' }).waitFor()
  await page.reload()
  await ended(page, 1)
  const question = page.getByRole('article', { name: 'Question' })
  expect(await question.textContent()).toBe('Which devices are there at AMS01?')
  const text = (await answer(page, 1).locator('.markdown').last().textContent()) ?? ''
  await page.reload()
  await ended(page, 1)
  expect(await answer(page, 1).locator('.markdown').last().textContent()).toBe(text)
})

test('[T8] a conversation that is left and opened again ends alike, also in another window', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  const list = page.getByRole('navigation', { name: 'Conversations' })
  const said = (where: Page): Promise<string | null> =>
    answer(where, 1).locator('.markdown').last().textContent()
  await page.goto(sidecar.url)
  await ask(page, 'How many racks are there?')
  await ended(page, 1)
  const first = await said(page)
  await list.getByRole('button', { name: 'New conversation' }).click()
  await ask(page, 'List all prefixes, please')
  await answer(page, 1).getByRole('list', { name: 'Steps' }).waitFor()
  await list.getByRole('button', { name: 'How many racks are there?', exact: true }).click()
  await expect.poll(() => said(page)).toBe(first)
  await answer(page, 1).getByRole('list', { name: 'Evidence' }).waitFor()
  await list.getByRole('button', { name: /^(Being answered: )?List all prefixes, please$/ }).click()
  await answer(page, 1).getByRole('table').waitFor()
  await ended(page, 1)
  const second = await said(page)
  await screenshot(page, 'lab-conversations')
  await using other = await openPage(browser)
  await other.page.goto(sidecar.url)
  await other.page.getByRole('button', { name: 'List all prefixes, please', exact: true }).click()
  await ended(other.page, 1)
  expect(await said(other.page)).toBe(second)
  expect(await answer(other.page, 1).getByRole('list', { name: 'Steps' }).count()).toBe(1)
  await other.page.reload()
  await ended(other.page, 1)
  expect(await said(other.page)).toBe(second)
  expect([...opened.complaints, ...other.complaints]).toEqual([])
})

test('a conversation is found, renamed, exported and deleted', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  const list = page.getByRole('navigation', { name: 'Conversations' })
  const act = async (title: string, action: string): Promise<void> => {
    await list.getByRole('button', { name: `More about ${title}` }).click()
    await list.getByRole('button', { name: action }).click()
  }
  await page.goto(sidecar.url)
  await ask(page, 'How many cables are there?')
  await ended(page, 1)
  await list.getByRole('searchbox').fill('CAB')
  await expect.poll(() => list.locator('.conversation').count()).toBe(1)
  await act('How many cables are there?', 'Rename')
  await page.getByLabel('Title').fill('Cabling')
  await page.keyboard.press('Enter')
  await list.getByRole('button', { name: 'Cabling', exact: true }).waitFor()
  const download = page.waitForEvent('download')
  await act('Cabling', 'Export as Markdown')
  const file = await download
  expect(file.suggestedFilename()).toBe('cabling.md')
  expect(await readFile(await file.path(), 'utf8')).toContain('How many cables are there?')
  await act('Cabling', 'Delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.locator('.examples').waitFor()
  await list.getByRole('searchbox').fill('cabling')
  await page.getByText('No conversation is called “cabling”.').waitFor()
  expect(opened.complaints).toEqual([])
})

test('[T25] a question to a conversation that is busy gets a 409, and the page keeps its draft', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await page.goto(sidecar.url)
  await ask(page, 'How many devices are there at AMS01?')
  await ended(page, 1)
  const kept = await page.evaluate(() => sessionStorage.getItem('ai-ops-chat:conversation:'))
  const { conversationId } = JSON.parse(kept ?? '{}')
  const other = await fetch(`${sidecar.url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify({ conversationId, message: 'List all prefixes' })
  })
  await ask(page, 'And how many VLANs?')
  await page.getByText('Another answer is being written in this conversation').waitFor()
  expect(await page.getByLabel('Your question').inputValue()).toBe('And how many VLANs?')
  await page.getByRole('button', { name: 'Stop the running answer' }).click()
  expect(await other.text()).toContain('"name":"stopped"')
  await page.getByRole('button', { name: 'Send' }).click()
  await ended(page, 2)
  expect(await answer(page, 2).locator('.markdown').last().textContent()).toMatch(/\d+ VLANs/)
})

test('Escape ends a running answer at once and keeps what came', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await page.goto(sidecar.url)
  await ask(page, 'List all prefixes')
  await answer(page, 1).getByRole('table').waitFor()
  const asked = performance.now()
  await page.keyboard.press('Escape')
  await page.getByText('Stopped. What came before is kept.').waitFor()
  expect(performance.now() - asked).toBeLessThan(STOP_MS)
  expect(await answer(page, 1).getByRole('table').isVisible()).toBe(true)
  await ask(page, 'How many devices are there at AMS01?')
  await ended(page, 2)
  expect(await answer(page, 2).locator('.markdown').last().textContent()).toContain('AMS01')
})
