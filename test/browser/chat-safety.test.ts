import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hostileRun } from '../web/support/hostile-run.ts'
import { PAYLOADS } from '../web/support/payloads.ts'
import { launchBrowser, openPage } from './support/browser.ts'
import { type FakeSidecar, startFakeSidecar } from './support/fake-sidecar.ts'

const PAYLOADS_A_RUN = 40
let browser: Browser
let fake: FakeSidecar

beforeAll(async () => {
  browser = await launchBrowser()
  fake = await startFakeSidecar()
})

afterAll(async () => {
  await browser?.close()
  await fake?.close()
})

test('[S7] hostile text in every part of a run fetches nothing and runs nothing', async () => {
  await using opened = await openPage(browser, { bypassCSP: true })
  const { page } = opened
  const fetched: string[] = []
  const dialogs: string[] = []
  page.on('request', (request) => fetched.push(request.url()))
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await page.goto(fake.url)
  for (let at = 0; at < PAYLOADS.length; at += PAYLOADS_A_RUN) {
    const payload = PAYLOADS.slice(at, at + PAYLOADS_A_RUN).join('\n\n')
    fake.script = () => ({ steps: hostileRun(`run-${fake.asked.length}`, payload) })
    await page.getByLabel('Your question').fill(payload)
    await page.keyboard.press('Enter')
    const answer = page.getByRole('article', { name: 'Answer' }).nth(at / PAYLOADS_A_RUN)
    await answer.locator('.answer-footer').waitFor()
    for (const head of await answer.locator('.step-head').all()) await head.click()
    for (const link of await answer.locator('.markdown a').all()) {
      expect(await link.getAttribute('href')).toMatch(/^(mailto:|https:\/\/nautobot\.example\/)/)
    }
  }
  expect(fetched.filter((url) => !url.startsWith(fake.url))).toEqual([])
  expect([dialogs, opened.complaints]).toEqual([[], []])
})
