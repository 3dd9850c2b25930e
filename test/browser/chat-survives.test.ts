import type { Browser, Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { launchBrowser, openPage, screenshot } from './support/browser.ts'
import {
  EMPTY_FOOTER,
  type FakeSidecar,
  type Step,
  startFakeSidecar
} from './support/fake-sidecar.ts'
import { finished, labModel, started, text, toolCall } from './support/scripted-answers.ts'

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
  return async () => {
    await fake.close()
  }
})

async function ask(page: Page, question: string): Promise<void> {
  await page.goto(fake.url)
  await page.getByLabel('Your question').fill(question)
  await page.keyboard.press('Enter')
}

const FOOTER: Step = { type: 'CUSTOM', name: 'footer', value: EMPTY_FOOTER }

test('a question that waits is told its place in the queue, until it is answered', async () => {
  fake.script = () => ({
    steps: [
      started('run-1'),
      { type: 'CUSTOM', name: 'queued', value: { place: 3 } },
      { waitMs: 600 },
      { type: 'CUSTOM', name: 'queued', value: { place: 1 } },
      { waitMs: 600 },
      labModel,
      ...text('t1', 'There are 21 devices.'),
      FOOTER,
      finished('run-1')
    ]
  })
  await using opened = await openPage(browser)
  const { page } = opened
  await ask(page, 'How many devices are there?')

  await page.getByText('Waiting its turn, number 3 in the queue').waitFor()
  await screenshot(page, 'queued')
  await page.getByText('Waiting its turn, number 1 in the queue').waitFor()
  await page.getByText('There are 21 devices.').waitFor()
  expect(await page.getByText('Waiting its turn').count()).toBe(0)
  expect(opened.complaints).toEqual([])
})

test('an answer that another replica goes on with shows what it says, and nothing twice', async () => {
  const [start, ...call] = toolCall('c1', 'count', { model: 'dcim.device' }, '{"count": 21}', {
    rows: 21
  })
  const note = call.at(-1) as Step
  fake.script = () => ({
    steps: [
      started('run-1'),
      labModel,
      start as Step,
      ...call,
      ...text('t1', 'The first attempt says').slice(0, -1),
      { cut: true },
      { waitMs: 300 },
      { type: 'TEXT_MESSAGE_END', messageId: 't1' },
      {
        type: 'MESSAGES_SNAPSHOT',
        messages: [
          { id: 'run-0', role: 'user', content: 'An earlier question' },
          { id: 'a0', role: 'assistant', content: 'An earlier answer' },
          { id: 'run-1', role: 'user', content: 'How many devices are there?' },
          {
            id: 'a1',
            role: 'assistant',
            content: '',
            toolCalls: [
              {
                id: 'c1',
                type: 'function',
                function: { name: 'count', arguments: '{"model":"dcim.device"}' }
              }
            ]
          },
          { id: 'c1-result', role: 'tool', toolCallId: 'c1', content: '{"count": 21}' }
        ]
      },
      note,
      labModel,
      ...text('t2', 'The second attempt says 21.'),
      FOOTER,
      finished('run-1')
    ]
  })
  await using opened = await openPage(browser)
  const { page } = opened
  await ask(page, 'How many devices are there?')
  await page.getByText('The second attempt says 21.').waitFor()

  expect(await page.getByText('The first attempt says').count()).toBe(0)
  expect(await page.getByText('An earlier answer').count()).toBe(0)
  expect(await page.getByRole('button', { name: /Count/ }).count()).toBe(1)
  await screenshot(page, 'taken-over')
  // Of the line that was cut, and of nothing else.
  expect(opened.complaints).toEqual([expect.stringContaining('ERR_INCOMPLETE_CHUNKED_ENCODING')])
})

test('an answer that could not be taken up again says what is not known', async () => {
  const error = {
    code: 'RUN_INTERRUPTED',
    message:
      'The answer was interrupted while tickets__open was under way. Whether it was carried out is not known, so it was not called again.',
    retryable: false
  } as const
  fake.script = () => ({
    steps: [
      started('run-1'),
      labModel,
      { type: 'TOOL_CALL_START', toolCallId: 'c1', toolCallName: 'tickets__open' },
      { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '{"title":"Link down"}' },
      { type: 'TOOL_CALL_END', toolCallId: 'c1' },
      { type: 'CUSTOM', name: 'footer', value: { ...EMPTY_FOOTER, incomplete: true } },
      { type: 'CUSTOM', name: 'error', value: error },
      { type: 'RUN_ERROR', message: error.message, code: error.code }
    ]
  })
  await using opened = await openPage(browser)
  const { page } = opened
  await ask(page, 'Open a ticket for it')
  await page.getByRole('alert').or(page.getByText('Whether it was carried out')).first().waitFor()

  expect(await page.getByText('Whether it was carried out is not known').count()).toBeGreaterThan(0)
  await page.getByText('Check what was under way, then ask again.').waitFor()
  await screenshot(page, 'interrupted')
  expect(opened.complaints).toEqual([])
})
