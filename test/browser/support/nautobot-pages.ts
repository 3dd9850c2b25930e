import type { Page } from 'playwright-core'

/** Light, and open to everybody who is signed in. */
const LANDING_PAGE = '/user/preferences/'
const ANSWER_TIMEOUT_MS = 60_000

/** Signs in by Nautobot's own form. */
export async function logIn(
  page: Page,
  url: string,
  { username, password }: { readonly username: string; readonly password: string }
): Promise<void> {
  await page.goto(`${url}/login/?next=${LANDING_PAGE}`)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.keyboard.press('Enter')
  await page.waitForURL(({ pathname }) => pathname === LANDING_PAGE)
}

/** Opens the chat as people do, from the navigation. */
export async function openChat(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'AI Platform' }).click()
  await page.getByRole('link', { name: 'AI Chat Assistant' }).click()
  await page.getByLabel('Your question').waitFor()
}

/** Sends a question and answers the text of its answer once that is over. */
export async function ask(page: Page, question: string): Promise<string> {
  const answers = page.getByRole('article', { name: 'Answer' })
  const answer = answers.nth(await answers.count())
  await page.getByLabel('Your question').fill(question)
  // Disabled until the service has said who asks.
  await page.getByRole('button', { name: 'Send' }).click()
  await answer.locator('.answer-footer').waitFor({ timeout: ANSWER_TIMEOUT_MS })
  return (await answer.locator('.markdown').allTextContents()).join('\n')
}

/** The N of "Showing 1-50 of N" on one of Nautobot's lists. */
export async function shownTotal(page: Page): Promise<number> {
  const text = await page
    .getByText(/Showing\s+\d+-\d+\s+of\s+\d+/)
    .first()
    .textContent()
  return Number(/of\s+(\d+)/.exec(text ?? '')?.[1])
}
