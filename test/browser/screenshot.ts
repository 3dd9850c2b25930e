import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { launchBrowser, openPage } from './support/browser.ts'
import { buildChat } from './support/build-chat.ts'
import { startLabSidecar } from './support/lab-sidecar.ts'

/** Writes `docs/chat.png`: a conversation with the service as `npm start` runs it. */
const PICTURE = fileURLToPath(new URL('../../docs/chat.png', import.meta.url))
const MAX_PICTURE_BYTES = 150_000
const QUESTIONS = ['How many devices are there at AMS01, by role?', 'Which of them are firewalls?']

buildChat()
const sidecar = await startLabSidecar()
const browser = await launchBrowser()
try {
  await using opened = await openPage(browser, { colorScheme: 'light' })
  const { page } = opened
  await page.goto(sidecar.url)
  for (const [index, question] of QUESTIONS.entries()) {
    await page.getByLabel('Your question').fill(question)
    await page.keyboard.press('Enter')
    await page.locator('.answer').nth(index).locator('.answer-footer').waitFor()
  }
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path: PICTURE, caret: 'hide' })
} finally {
  await browser.close()
  await sidecar.stop()
}
const { size } = statSync(PICTURE)
if (size > MAX_PICTURE_BYTES) throw new Error(`${PICTURE} has ${size} bytes, more than it may`)
