import { AIMessage } from '@langchain/core/messages'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import type { ReadMessage } from '../../src/conversations/conversation-reader.ts'
import { branchPoint } from '../../src/conversations/conversation-tree.ts'
import { incompleteAnswer, repairHistory } from '../../src/conversations/messages.ts'
import { type BranchBackend, startBranches } from './conversation-branches.ts'

type SetUp = () => BranchBackend

const MISSING = { code: 'MESSAGE_NOT_FOUND' }

/** Branches of a conversation, wherever it is kept. */
export function testConversationBranches(setUp: SetUp): void {
  testPlaces(setUp)
  testCutTurns(setUp)
  testKeeping(setUp)
  testRefusals(setUp)
  testModel(setUp)
}

function questionsOf(messages: readonly ReadMessage[]): string[] {
  return messages.filter(({ role }) => role === 'user').map(({ text }) => text)
}

function versionsIn(messages: readonly ReadMessage[]) {
  return messages.flatMap(({ id, versions }) => (versions ? [[id, versions]] : []))
}

function testPlaces(setUp: SetUp): void {
  it.each([
    { place: 'first', replaced: 0, left: ['instead'], old: ['one', 'two', 'three'] },
    { place: 'middle', replaced: 1, left: ['one', 'instead'], old: ['one', 'two', 'three'] },
    { place: 'last', replaced: 2, left: ['one', 'two', 'instead'], old: ['one', 'two', 'three'] }
  ])('asks a question in the place of the $place one', async ({ replaced, left, old }) => {
    const { ask, read } = startBranches(setUp())
    const asked = [await ask('one'), await ask('two'), await ask('three')]
    const wish = { replaces: asked[replaced] }
    const instead = await ask('instead', wish)

    const head = await read()
    expect(questionsOf(head)).toEqual(left)
    expect(versionsIn(head)).toEqual([[instead, [asked[replaced], instead]]])
    const before = await read(asked[replaced])
    expect(questionsOf(before)).toEqual(old)
    expect(versionsIn(before)).toEqual([[asked[replaced], [asked[replaced], instead]]])
  })

  it('keeps with each question the calls and answers that are its own', async () => {
    const { ask, read } = startBranches(setUp())
    await ask('one')
    const two = await ask('two')
    await ask('instead of two', { replaces: two })

    for (const messages of [await read(), await read(two)]) {
      const shape = messages.map(({ role, toolCalls }) => toolCalls?.[0]?.result?.length ?? role)
      expect(shape).toEqual(['user', 4096, 'assistant', 'user', 4096, 'assistant'])
    }
    expect((await read())[2]).toEqual((await read(two))[2])
    expect((await read())[5]).not.toEqual((await read(two))[5])
  })

  it('branches off a branch, and goes on in each', async () => {
    const { ask, read } = startBranches(setUp())
    await ask('one')
    const two = await ask('two')
    const second = await ask('two, again', { replaces: two })
    const onSecond = await ask('three')
    const third = await ask('two, once more', { replaces: second })
    const onFirst = await ask('four', { after: two })

    expect(questionsOf(await read())).toEqual(['one', 'two', 'four'])
    expect(questionsOf(await read(onSecond))).toEqual(['one', 'two, again', 'three'])
    expect(questionsOf(await read(third))).toEqual(['one', 'two, once more'])
    expect(questionsOf(await read(two))).toEqual(['one', 'two', 'four'])
    expect(versionsIn(await read(onFirst))).toEqual([[two, [two, second, third]]])
  })

  it('shows of the branches through a question the one that was asked last', async () => {
    const { ask, read } = startBranches(setUp())
    const one = await ask('one')
    const two = await ask('two')
    const instead = await ask('instead of two', { replaces: two })
    await ask('three', { after: two })

    expect(questionsOf(await read(one))).toEqual(['one', 'two', 'three'])
    expect(questionsOf(await read(instead))).toEqual(['one', 'instead of two'])
  })

  it('takes a question behind one that has an answer already for another version of what follows it', async () => {
    const { ask, read } = startBranches(setUp())
    const one = await ask('one')
    const two = await ask('two')
    const other = await ask('other', { after: one })

    expect(versionsIn(await read())).toEqual([[other, [two, other]]])
  })
}

function testCutTurns(setUp: SetUp): void {
  it('branches at and behind an answer that was cut short', async () => {
    const { ask, read, write } = startBranches(setUp())
    await ask('one')
    const two = await ask('two', {}, { instead: [incompleteAnswer('cut', 'There are')] })
    const three = await ask('three', { after: two })
    const instead = await ask('instead of two', { replaces: two })
    await write([incompleteAnswer('cut again', 'Or')], instead)

    expect((await read(three)).find(({ incomplete }) => incomplete)?.text).toBe('There are')
    expect(questionsOf(await read(three))).toEqual(['one', 'two', 'three'])
    expect((await read(instead)).at(-1)).toMatchObject({ text: 'Or', incomplete: true })
    expect(questionsOf(await read(instead))).toEqual(['one', 'instead of two'])
  })

  it('repeats no call that was left without a result on the way to a branch', async () => {
    const { ask, read, historyOf } = startBranches(setUp())
    await ask('one')
    const open = new AIMessage({
      id: 'open',
      content: '',
      tool_calls: [{ id: 'call_open', name: 'find', args: {}, type: 'tool_call' }]
    })
    const two = await ask('two', {}, { instead: [open] })
    await ask('three', { after: two })

    const call = (await read()).find(({ id }) => id === 'open')?.toolCalls?.[0]
    expect(call).not.toHaveProperty('result')
    const history = repairHistory(await historyOf())
    const results = history.filter(({ type }) => type === 'tool').length
    const calls = history.flatMap((message) =>
      AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []
    )
    expect(results).toBe(calls.length)
  })
}

function testKeeping(setUp: SetUp): void {
  it('leaves one checkpoint of each turn on all branches', async () => {
    const { ask, nodes } = startBranches(setUp())
    const one = await ask('one')
    const two = await ask('two')
    const instead = await ask('instead of one', { replaces: one })
    const behind = await ask('behind', { after: one })
    const onInstead = await ask('on', { after: instead })

    const kept = await nodes()
    expect(kept.map(({ turn }) => turn)).toEqual([one, two, instead, behind, onInstead])
    const turnAt = new Map(kept.map(({ id, turn }) => [id, turn]))
    const parents = kept.map(({ parentId }) => parentId && turnAt.get(parentId))
    expect(parents).toEqual([undefined, one, undefined, one, instead])
  })

  it('keeps the end of a turn that nobody settled', async () => {
    const { ask, read, nodes } = startBranches(setUp())
    const died = { isSettled: false }
    const one = await ask('one', {}, died)
    const two = await ask('two', {}, died)
    const instead = await ask('instead of two', { replaces: two }, died)
    expect((await nodes()).length).toBeGreaterThan(4)
    const last = await ask('last')

    expect((await nodes()).map(({ turn }) => turn)).toEqual([one, two, instead, last])
    expect(questionsOf(await read(two))).toEqual(['one', 'two'])
    expect(questionsOf(await read())).toEqual(['one', 'instead of two', 'last'])
  })

  it('deletes every branch with the conversation', async () => {
    const { ask, backend, conversations, conversationId, nodes } = startBranches(setUp())
    const one = await ask('one')
    await ask('instead', { replaces: one })
    await conversations.remove('jane', conversationId())

    await expect(conversations.read('jane', conversationId(), one)).rejects.toMatchObject({
      code: 'CONVERSATION_NOT_FOUND'
    })
    expect(await nodes().catch(({ code }) => code)).toSatisfy(
      (left) => left === 'CONVERSATION_NOT_FOUND' || left.length === 0
    )
    const head = { configurable: { thread_id: conversationId() } }
    expect(await backend.checkpointer.getTuple(head)).toBeUndefined()
  })

  it('reads a conversation without branches as if there were none', async () => {
    const { ask, read, backend } = startBranches(setUp())
    const tree = vi.spyOn(backend.checkpointer, 'tree')
    const getTuple = vi.spyOn(backend.checkpointer, 'getTuple')
    await ask('one')
    const two = await ask('two')
    getTuple.mockClear()
    await read()
    expect([tree.mock.calls.length, getTuple.mock.calls.length]).toEqual([0, 1])

    await ask('instead', { replaces: two })
    tree.mockClear()
    getTuple.mockClear()
    await read()
    expect([tree.mock.calls.length, getTuple.mock.calls.length]).toEqual([1, 1])
  })
}

function testRefusals(setUp: SetUp): void {
  it('knows no question of another conversation, and no message that is none', async () => {
    const { ask, read, backend, conversationId, nodes } = startBranches(setUp())
    await ask('one')
    const answer = (await read()).at(-1)?.id
    const before = await nodes()

    for (const id of [answer, 'unknown', '__proto__', '']) {
      for (const wish of [
        { replaces: id, after: undefined },
        { replaces: undefined, after: id }
      ]) {
        const point = branchPoint(backend.checkpointer, conversationId(), wish)
        await expect(point).rejects.toMatchObject(MISSING)
      }
      await expect(read(id)).rejects.toMatchObject(MISSING)
    }
    expect(await nodes()).toEqual(before)
  })
}

const step = fc.record({
  kind: fc.constantFrom('head', 'replaces', 'after'),
  at: fc.nat({ max: 50 }),
  isSettled: fc.boolean()
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Each question and the one before it, in order of asking: what a conversation with branches is. */
type Before = ReadonlyMap<string, string | undefined>

function testModel(setUp: SetUp): void {
  it('reads every branch as a plain tree of questions has it, whatever the order of branching and whoever died', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 9 }), async (steps) => {
        const world = startBranches(setUp())
        const { before, head } = await askAll(world, steps)
        await expectBranch(world, before, { at: undefined, end: head })
        for (const at of before.keys()) {
          await expectBranch(world, before, { at, end: newestBehind(before, at) })
        }
      }),
      { numRuns: 15, seed: 20_261_126 }
    )
  }, 60_000)
}

type World = ReturnType<typeof startBranches>

async function askAll({ ask }: World, steps: readonly Step[]) {
  let head = await ask('first')
  const before = new Map<string, string | undefined>([[head, undefined]])
  for (const [index, { kind, at, isSettled }] of steps.entries()) {
    const chosen = [...before.keys()][at % before.size] ?? head
    const place = { head, after: chosen, replaces: before.get(chosen) }[kind]
    head = await ask(String(index), kind === 'head' ? {} : { [kind]: chosen }, { isSettled })
    before.set(head, place)
  }
  return { before, head }
}

async function expectBranch(
  { read }: World,
  before: Before,
  { at, end }: { readonly at: string | undefined; readonly end: string }
): Promise<void> {
  const questions = (await read(at)).filter(({ role }) => role === 'user')
  expect(questions.map(({ id }) => id)).toEqual(pathTo(before, end))
  for (const { id, versions = [id] } of questions) {
    const siblings = [...before].filter(([, place]) => place === before.get(id))
    expect(versions).toEqual(siblings.map(([sibling]) => sibling))
  }
}

function pathTo(before: Before, end: string): string[] {
  const path: string[] = []
  for (let id: string | undefined = end; id !== undefined; id = before.get(id)) path.unshift(id)
  return path
}

function newestBehind(before: Before, at: string): string {
  return [...before.keys()].findLast((id) => pathTo(before, id).includes(at)) ?? ''
}
