import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { ToolProgressNote } from '../../src/agent/agent-events.ts'
import { startLabSidecar as startService } from '../integration/support/sidecar-lab.ts'
import { startEverything } from '../support/mcp-peers.ts'
import { callTool, say } from '../support/model-steps.ts'
import { startScriptedModel } from '../support/scripted-model.ts'
import { duplicateTab, launchBrowser, openPage, screenshot, violations } from './support/browser.ts'
import { type FakeSidecar, type Step, startFakeSidecar } from './support/fake-sidecar.ts'
import { finished, labModel, started, text, toolCall } from './support/scripted-answers.ts'

const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 360, height: 740 }
const LINE_HEIGHT = 18
const LONG = `copying ${'/backups/ams01/running-configuration'.repeat(5)}`.slice(0, 200)

let browser: Browser
let sidecar: FakeSidecar

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(() => browser?.close())

beforeEach(async () => {
  sidecar = await startFakeSidecar()
})

afterEach(() => sidecar.close())

const begun = (id: string, tool: string, args: unknown) => toolCall(id, tool, args, '').slice(0, 3)
const told = (toolCallId: string, value: Omit<ToolProgressNote, 'toolCallId'>): Step => ({
  ...{ type: 'CUSTOM', name: 'tool_progress' },
  value: { toolCallId, ...value }
})

const RUNNING: readonly Step[] = [
  ...[started('run-1'), labModel],
  ...toolCall('c0', 'count', { model: 'dcim.device' }, '{"count": 3}'),
  ...begun('c1', 'backup_copy', { device: 'ams01-con-01', target: 'archive' }),
  ...begun('c2', 'backup_compare', { device: 'ams01-con-02' }),
  ...begun('c3', 'backup_index', {}),
  told('c1', { progress: 3, total: 10, message: 'copying configuration' }),
  told('c2', { progress: 0.45, total: 1, message: LONG }),
  told('c3', { progress: 7, message: '<b>reading</b> **index**' })
]

async function askFor(page: Page, steps: readonly Step[]): Promise<void> {
  sidecar.script = () => ({ steps })
  await page.goto(sidecar.url)
  await page.getByRole('button', { name: 'What can you do?' }).waitFor()
  await page.getByLabel('Your question').fill('Copy the configuration.')
  await page.keyboard.press('Enter')
  await page.getByRole('progressbar').first().waitFor()
}

test.each([
  ['light', WIDE],
  ['dark', WIDE],
  ['light', NARROW],
  ['dark', NARROW]
] as const)(
  'how far calls have come reads well and is accessible, in %s at %o',
  async (colorScheme, viewport) => {
    await using opened = await openPage(browser, { colorScheme, viewport, bypassCSP: true })
    const { page } = opened
    await askFor(page, [...RUNNING, { hold: true }])
    await expect.poll(() => page.getByRole('progressbar').count()).toBe(3)
    await screenshot(page, `progress-${colorScheme}-${viewport.width}`)
    const long = page.locator('.step-words', { hasText: '45 %' })
    const height = async () => (await long.boundingBox())?.height ?? 0
    expect(await height()).toBeLessThanOrEqual(2 * LINE_HEIGHT)
    await page.getByRole('button', { name: 'Backup compare' }).click()
    await screenshot(page, `progress-open-${colorScheme}-${viewport.width}`)
    expect(await height()).toBeGreaterThan(2 * LINE_HEIGHT)

    const known = page.getByRole('progressbar', { name: 'Progress of Backup copy' })
    expect(await known.evaluate((bar: HTMLProgressElement) => bar.position)).toBe(0.3)
    const unknown = page.getByRole('progressbar', { name: 'Progress of Backup index' })
    expect(await unknown.evaluate((bar: HTMLProgressElement) => bar.position)).toBe(-1)
    await page.getByText('3 of 10 · copying configuration').waitFor()
    await page.getByText('<b>reading</b> **index**').waitFor()
    expect(await violations(page)).toEqual([])
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBeLessThanOrEqual(viewport.width)
    expect(opened.complaints).toEqual([])
  }
)

test('the bar moves, survives a lost connection, is never announced, and is gone with the result', async () => {
  await using opened = await openPage(browser)
  const { page } = opened
  const [result, fact] = toolCall('c1', 'backup_copy', {}, 'Copied.').slice(3)
  await askFor(page, [
    ...[started('run-1'), labModel, ...begun('c1', 'backup_copy', {})],
    ...[told('c1', { progress: 1, total: 2, message: 'one' }), { cut: true } as const],
    ...[told('c1', { progress: 2, total: 2, message: 'two' }), { waitMs: 1_500 }],
    ...[result, fact].flatMap((step) => (step ? [step] : [])),
    ...text('t1', 'It is copied.'),
    finished('run-1')
  ])
  await page.getByText('2 of 2 · two').waitFor()
  const live = page.locator('[aria-live=polite], [aria-live=assertive], [role=status]')
  expect(await live.filter({ hasText: 'of 2' }).count()).toBe(0)
  await page.getByText('It is copied.').waitFor()
  expect(await page.getByRole('progressbar').count()).toBe(0)
})

test('a real server is seen at work, also by a second tab', async () => {
  const everything = await startEverything()
  onTestFinished(everything.stop)
  const model = await startScriptedModel({
    script: [
      [callTool('everything_trigger-long-running-operation', { duration: 10, steps: 10 })],
      [say('It is done.')]
    ]
  })
  onTestFinished(model.stop)
  const servers = [{ name: 'everything', url: everything.url, readOnlyTools: ['*'] }]
  const env = { AI_OPS_MCP_SERVERS: JSON.stringify(servers) }
  const service = await startService(model.url, env)
  onTestFinished(service.stop)

  await using opened = await openPage(browser)
  const { page } = opened
  await page.goto(service.url)
  await page.getByRole('button', { name: 'What can you do?' }).waitFor()
  await page.getByLabel('Your question').fill('Run the long operation.')
  await page.keyboard.press('Enter')
  await page.getByText(/^\d of 10/).waitFor()
  const second = await duplicateTab(page)
  await second.getByText(/^\d of 10/).waitFor()
  await screenshot(second, 'progress-of-a-real-server')
  for (const tab of [page, second]) {
    await tab.getByText('It is done.').waitFor()
    expect(await tab.getByRole('progressbar').count()).toBe(0)
  }
  expect(opened.complaints).toEqual([])
})
