import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLabSidecar } from '../integration/support/sidecar-lab.ts'
import { ECHO, type FaultMcpServer, startFaultMcpServer } from '../support/fault-mcp-server.ts'
import { callTool, say, sinceLastQuestion } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { duplicateTab, launchBrowser, openPage, screenshot, violations } from './support/browser.ts'

const NARROW = { width: 360, height: 740 }
const ASKED = 'Open a ticket for ams01-con-01 and restart it.'

let browser: Browser
let model: ScriptedModel
let tools: FaultMcpServer
let service: Awaited<ReturnType<typeof startLabSidecar>>

beforeAll(async () => {
  tools = await startFaultMcpServer({
    tools: ['open_ticket', 'reboot'].map((name) => ({ ...ECHO, name }))
  })
  model = await startScriptedModel({
    respond: (request) => {
      const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
      if (results.length > 0) return [say('The ticket is open. The restart was not made.')]
      return [
        say('I will open the ticket and restart the device.'),
        callTool('tickets_open_ticket', { text: 'ams01-con-01 does not answer' }),
        callTool('tickets_reboot', { text: 'ams01-con-01' })
      ]
    }
  })
  service = await startLabSidecar(model.url, {
    AI_OPS_MCP_SERVERS: JSON.stringify([{ name: 'tickets', url: tools.url }])
  })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  await tools?.stop()
  await model?.stop()
})

const section = (page: Page) => page.getByRole('region', { name: 'Waiting for your approval' })
const footer = (page: Page) => page.locator('.answer-footer')
const called = () => tools.asked('tools/call').map(({ params }) => params.name)

async function askFor(page: Page): Promise<void> {
  await page.goto(service.url)
  await page.getByRole('button', { name: 'What can you do?' }).waitFor()
  await page.getByLabel('Your question').fill(ASKED)
  await page.keyboard.press('Enter')
  await section(page).waitFor()
}

test.each([
  ['light', { width: 1280, height: 900 }],
  ['dark', { width: 1280, height: 900 }],
  ['light', NARROW]
] as const)(
  'what waits reads well and is accessible, in %s at %o',
  async (colorScheme, viewport) => {
    await using opened = await openPage(browser, { colorScheme, viewport, bypassCSP: true })
    const { page } = opened
    await askFor(page)
    await screenshot(page, `approval-${colorScheme}-${viewport.width}`)

    expect(await violations(page)).toEqual([])
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBeLessThanOrEqual(viewport.width)
    const hidden = await section(page)
      .locator('.code-scroll')
      .evaluateAll((boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth).length)
    expect(hidden).toBe(0)
    await page.getByRole('button', { name: 'Reject all' }).click()
    await footer(page).waitFor()
    await screenshot(page, `approval-rejected-${colorScheme}-${viewport.width}`)
    expect(opened.complaints).toEqual([])
  }
)

test('[T26] by keyboard, after a reload: one is approved and runs, one is rejected and does not', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askFor(page)
  const before = called().length
  await page.reload()
  await section(page).waitFor()
  expect(await section(page).innerText()).toContain('ams01-con-01 does not answer')
  await page.getByRole('button', { name: 'Approve Tickets open ticket' }).focus()
  await page.keyboard.press('Enter')
  await section(page).getByText('Approved').waitFor()
  expect(called().length).toBe(before)
  await page.getByLabel('Reason for a rejection').fill('Not before midnight.')
  await page.getByRole('button', { name: 'Reject Tickets reboot' }).focus()
  await page.keyboard.press('Space')
  await footer(page).waitFor()

  expect(called().slice(before)).toEqual(['open_ticket'])
  expect(await section(page).count()).toBe(0)
  await page.getByRole('button', { name: /Tickets reboot/ }).click()
  expect(await page.locator('.step-details').innerText()).toContain('Not before midnight.')
  expect(opened.complaints).toEqual([])
})

test('a second tab shows the same, and what is decided there shows here', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askFor(page)
  const second = await duplicateTab(page)
  await section(second).waitFor()
  expect(await section(second).innerText()).toBe(await section(page).innerText())
  await second.getByRole('button', { name: 'Approve all' }).click()
  await footer(page).waitFor()
  await footer(second).waitFor()

  expect(await section(page).count()).toBe(0)
})

test('Stop ends it: nothing is carried out, and the next question can be asked', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askFor(page)
  const before = called().length
  await page.getByRole('button', { name: 'Stop' }).click()
  await footer(page).waitFor()

  expect(await footer(page).innerText()).toContain('Stopped.')
  expect(await section(page).count()).toBe(0)
  expect(called().length).toBe(before)
})
