import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { duplicateTab, launchBrowser, openPage, screenshot } from './support/browser.ts'
import { type CutLine, startCutLine } from './support/cut-line.ts'
import { type LabSidecar, startLabSidecar } from './support/lab-sidecar.ts'

/** Long enough an answer to lose and find its reader in the middle. */
const QUESTION = 'List the prefixes that are in use'
const ANSWER_TIMEOUT_MS = 30_000
let browser: Browser
let sidecar: LabSidecar
let line: CutLine

beforeAll(async () => {
  browser = await launchBrowser()
  sidecar = await startLabSidecar()
  line = await startCutLine(sidecar.url)
})

afterAll(async () => {
  await browser?.close()
  await line?.close()
  await sidecar?.stop()
})

async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel('Your question').fill(question)
  await page.keyboard.press('Enter')
}

const answer = (page: Page) => page.getByRole('article', { name: 'Answer' })
const rowsOf = (page: Page): Promise<number> => answer(page).last().locator('tr').count()

async function moreRowsThan(page: Page, rows: number): Promise<void> {
  await expect.poll(() => rowsOf(page), { timeout: ANSWER_TIMEOUT_MS }).toBeGreaterThan(rows)
}

/** Everything that the page says about the run, steps and footer included, once it has ended. */
async function endState(page: Page): Promise<string> {
  await answer(page).locator('.answer-footer').waitFor({ timeout: ANSWER_TIMEOUT_MS })
  await page.getByRole('button', { name: 'Send' }).waitFor()
  // Not `innerText`: what is scrolled out of sight is not rendered.
  return (await page.locator('.question, .answer').allTextContents()).join('\n')
}

interface RunBody {
  readonly state: string
  readonly question: string
  readonly response: string
}

async function runOf(page: Page): Promise<RunBody> {
  const kept = await page.evaluate(() => sessionStorage.getItem('ai-ops-chat:conversation:'))
  const [{ runId }] = JSON.parse(kept ?? '{}').runs
  return (await (await fetch(`${sidecar.url}/api/v1/runs/${runId}`)).json()) as RunBody
}

test('[T8] the page, reloaded, in a second tab and after a lost network ends as one that only watched', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await page.goto(sidecar.url)
  await ask(page, QUESTION)
  await moreRowsThan(page, 1)
  const watching = await duplicateTab(page)
  const reloaded = await duplicateTab(page)
  await moreRowsThan(reloaded, 2)
  await reloaded.reload()

  await using elsewhere = await openPage(browser)
  const unlucky = elsewhere.page
  const memory = await page.evaluate(() => ({ ...sessionStorage }))
  await unlucky.addInitScript((items) => {
    for (const [key, value] of Object.entries(items)) sessionStorage.setItem(key, value)
  }, memory)
  await unlucky.goto(line.url)
  await moreRowsThan(unlucky, 3)
  line.cut()
  await unlucky.getByText('Connection lost. Reconnecting').waitFor()
  await screenshot(unlucky, 'lab-offline')
  const before = await rowsOf(unlucky)
  await moreRowsThan(watching, before + 3)
  expect(await rowsOf(unlucky)).toBe(before)
  line.mend()

  const state = await endState(watching)
  expect(await endState(page)).toBe(state)
  expect(await endState(reloaded)).toBe(state)
  expect(await endState(unlucky)).toBe(state)
  const late = await duplicateTab(page)
  expect(await endState(late)).toBe(state)

  const run = await runOf(page)
  expect(run).toMatchObject({ state: 'succeeded', question: QUESTION })
  const tableRows = run.response.split('\n').filter((line) => /^\|(?!\s*-)/.test(line)).length
  for (const reader of [page, watching, reloaded, unlucky, late]) {
    expect(await rowsOf(reader)).toBe(tableRows)
  }
})

test('a run that another tab has started is shown with its question', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await page.goto(sidecar.url)
  await ask(page, 'How many devices are there at AMS01?')
  await endState(page)
  const other = await duplicateTab(page)
  await endState(other)
  await ask(page, QUESTION)
  await page.getByRole('button', { name: 'Stop' }).waitFor()
  await moreRowsThan(page, 1)
  await ask(other, 'And how many VLANs?')
  await other.getByRole('button', { name: 'Show it' }).click()
  await other.locator('.question').getByText(QUESTION).waitFor()
  await answer(other).nth(1).locator('.answer-footer').waitFor({ timeout: ANSWER_TIMEOUT_MS })
  expect(await other.getByLabel('Your question').inputValue()).toBe('And how many VLANs?')
  expect(await answer(other).nth(1).textContent()).toBe(await answer(page).nth(1).textContent())
})
