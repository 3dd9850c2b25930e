import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLabSidecar } from '../integration/support/sidecar-lab.ts'
import { type AskingServer, createAskingServer } from '../support/asking-server.ts'
import { type ModernPeer, startModernPeer } from '../support/mcp-peers.ts'
import { callTool, say, sinceLastQuestion } from '../support/model-steps.ts'
import { type ScriptedModel, startScriptedModel } from '../support/scripted-model.ts'
import { duplicateTab, launchBrowser, openPage, screenshot, violations } from './support/browser.ts'

const NARROW = { width: 360, height: 740 }
const WIDE = { width: 1280, height: 900 }
const CLOBBER = 'Plan the other window.'
const LONG =
  'Before the window is announced, the change board has to know where, when and for how many racks. Reference: CHG-2026-0000000000000000000000000000000000000000000000000000000000000000000000000042.'

/** As an element of a form, each would stand in the place of what browser and page ask the form itself. */
const CLOBBERING = ['appendChild', 'nodeName', 'parentNode', 'elements', 'submit']

let browser: Browser
let model: ScriptedModel
let asking: AskingServer
let peer: ModernPeer
let clobbering: AskingServer
let clobberingPeer: ModernPeer
let service: Awaited<ReturnType<typeof startLabSidecar>>

beforeAll(async () => {
  asking = createAskingServer(LONG)
  peer = await startModernPeer(asking.create)
  clobbering = createAskingServer('Which?', {
    type: 'object',
    required: CLOBBERING,
    properties: Object.fromEntries(CLOBBERING.map((name) => [name, { type: 'string' }]))
  })
  clobberingPeer = await startModernPeer(clobbering.create)
  model = await startScriptedModel({
    respond: (request) => {
      const results = sinceLastQuestion(request).filter(({ role }) => role === 'tool')
      if (results.length > 0) return [say('The window is planned as you said.')]
      const server = JSON.stringify(request).includes(CLOBBER) ? 'clobbering' : 'change-calendar'
      return [
        say('I will plan the window.'),
        callTool(`${server}_plan_window`, { name: 'patching' })
      ]
    }
  })
  service = await startLabSidecar(model.url, {
    AI_OPS_MCP_SERVERS: JSON.stringify([
      { name: 'change-calendar', url: peer.url, readOnlyTools: ['*'] },
      { name: 'clobbering', url: clobberingPeer.url, readOnlyTools: ['*'] }
    ])
  })
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser?.close()
  await service?.stop()
  await peer?.stop()
  await clobberingPeer?.stop()
  await model?.stop()
})

const section = (page: Page, server = 'change-calendar') =>
  page.getByRole('region', { name: `${server} asks you` })
const footer = (page: Page) => page.locator('.answer-footer')

async function askFor(page: Page, question = 'Plan the maintenance window.'): Promise<void> {
  await page.goto(service.url)
  await page.getByRole('button', { name: 'What can you do?' }).waitFor()
  await page.getByLabel('Your question').fill(question)
  await page.keyboard.press('Enter')
  await section(page, question === CLOBBER ? 'clobbering' : undefined).waitFor()
}

test.each([
  ['light', WIDE],
  ['dark', WIDE],
  ['light', NARROW],
  ['dark', NARROW]
] as const)(
  'a form reads well and is accessible, with its errors, in %s at %o',
  async (colorScheme, viewport) => {
    await using opened = await openPage(browser, { colorScheme, viewport, bypassCSP: true })
    const { page } = opened
    await askFor(page)
    await section(page).scrollIntoViewIfNeeded()
    await screenshot(page, `elicitation-${colorScheme}-${viewport.width}`)
    expect(await section(page).innerText()).toContain('change-calendar asks, not Nautobot.')
    expect(await violations(page)).toEqual([])

    await page.getByLabel('Racks').fill('41')
    await page.getByLabel('Contact').fill('nobody')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await section(page).getByRole('alert').waitFor()
    await screenshot(page, `elicitation-wrong-${colorScheme}-${viewport.width}`)
    expect(await violations(page)).toEqual([])
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBeLessThanOrEqual(viewport.width)
    const site = page.getByLabel('Site')
    expect(await site.getAttribute('aria-invalid')).toBe('true')
    expect(await site.evaluate((field) => field.matches(':focus'))).toBe(true)
    const described = (await page.getByLabel('Racks').getAttribute('aria-describedby')) ?? ''
    expect(await page.locator(`[id="${described}"]`).innerText()).toBe('Racks is more than 40.')

    await page.getByRole('button', { name: 'Decline' }).click()
    await footer(page).waitFor()
    expect(asking.heard.at(-1)).toEqual({ name: 'patching', answer: { action: 'decline' } })
    expect(opened.complaints.filter((text) => !text.includes('400'))).toEqual([])
  }
)

test('by keyboard alone, after a reload: what is typed reaches the server, and the answer goes on', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askFor(page)
  await page.reload()
  await section(page).waitFor()
  await page.getByLabel('Site').focus()
  await page.keyboard.press('T')
  await page.keyboard.press('Tab')
  await page.keyboard.type('noc@example.com')
  await page.keyboard.press('Tab')
  await page.keyboard.type('12')
  await page.getByLabel('First day').fill('2026-12-24')
  await page.getByLabel('Urgent').focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  await page.keyboard.press('Enter')
  await footer(page).waitFor()

  expect(asking.heard.at(-1)).toEqual({
    name: 'patching',
    answer: {
      action: 'accept',
      content: {
        ...{ site: 'TYO01', contact: 'noc@example.com', racks: 12, start: '2026-12-24' },
        ...{ urgent: true, teams: ['noc', 'dc'] }
      }
    }
  })
  expect(await section(page).count()).toBe(0)
  expect(await page.locator('.answer').innerText()).not.toContain('noc@example.com')
  expect(opened.complaints).toEqual([])
})

test('a second tab shows the same form, and it goes when it is answered there', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askFor(page)
  const second = await duplicateTab(page)
  await section(second).waitFor()
  expect(await section(second).innerText()).toBe(await section(page).innerText())
  await second.getByRole('button', { name: 'Not now' }).click()
  await footer(page).waitFor()
  await footer(second).waitFor()

  expect(await section(page).count()).toBe(0)
  expect(asking.heard.at(-1)).toEqual({ name: 'patching', answer: { action: 'cancel' } })
})

test('Stop takes the form away', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askFor(page)
  await page.getByRole('button', { name: 'Stop' }).click()
  await footer(page).waitFor()

  expect(await section(page).count()).toBe(0)
  expect(await footer(page).innerText()).toContain('Stopped.')
})

test('what a server calls its fields means nothing to the page', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  await askFor(page, CLOBBER)
  const { href } = new URL(page.url())
  await page.getByLabel('nodeName').fill('first')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await section(page, 'clobbering').getByRole('alert').waitFor()
  expect(await page.getByLabel('appendChild').evaluate((field) => field.matches(':focus'))).toBe(
    true
  )
  for (const name of CLOBBERING) await page.getByLabel(name).fill('a word')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await footer(page).waitFor()

  const content = Object.fromEntries(CLOBBERING.map((name) => [name, 'a word']))
  expect(clobbering.heard).toEqual([{ name: 'patching', answer: { action: 'accept', content } }])
  expect(page.url()).toBe(href)
  expect(opened.complaints.filter((text) => !text.includes('400'))).toEqual([])
})
