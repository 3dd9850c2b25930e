import { type AskedFilter, type AskedModel, type Ids, modelsToAsk } from './models.ts'
import { countSql, groupsSql, mayView, rowsSql } from './oracle.ts'
import { USERS, type User } from './rights.ts'

/** One call of a tool, and how the database is asked for the same. */
export interface Question {
  readonly kind: string
  readonly user: User
  readonly tool: 'count' | 'find'
  readonly model: string
  readonly args: Readonly<Record<string, unknown>>
  /** An expression whose value is JSON; undefined where the tool has to refuse. */
  readonly sql: string | undefined
}

const SEED = 20_261_126
const COMBINATIONS_PER_MODEL = 3
const LISTS_PER_MODEL = 4

/** Numbers from 0 to 1 that look random and are the same each time (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Generator {
  readonly model: AskedModel
  /** Those who may view some of the model; `turn` takes one after the other. */
  readonly viewers: readonly User[]
  readonly random: () => number
}

const turn = <T>(values: readonly T[], index: number): T => {
  const value = values[index % values.length]
  if (value === undefined) throw new Error('nothing to choose from')
  return value
}

const chosen = <T>({ random }: Generator, values: readonly T[]): T =>
  turn(values, Math.floor(random() * values.length))

function counted({ model }: Generator, user: User, filters: readonly AskedFilter[], kind: string) {
  return {
    kind,
    user,
    tool: 'count',
    model: model.objectType,
    args: { filters: Object.assign({}, ...filters.map(({ ask }) => ask)) },
    sql: mayView(model, user)
      ? countSql(
          model,
          user,
          filters.map(({ where }) => where)
        )
      : undefined
  } as const satisfies Question
}

/** Every filter for one user, in turn; every third one for another user as well. */
function plainCounts(generator: Generator): Question[] {
  const { model, viewers } = generator
  return model.filters.flatMap((filter, index) =>
    [...new Set([turn(viewers, index), turn(viewers, index % 3 ? index : index + 1)])].map((user) =>
      counted(generator, user, [filter], filter.kind)
    )
  )
}

/** Two filters at once that do not set the same. */
function combinedCounts(generator: Generator): Question[] {
  const { model, viewers } = generator
  return Array.from({ length: COMBINATIONS_PER_MODEL }, (_, index) => {
    const first = chosen(generator, model.filters)
    const fitting = model.filters.filter(({ ask }) => !Object.keys(ask).some((k) => k in first.ask))
    return counted(
      generator,
      turn(viewers, index),
      [first, chosen(generator, fitting)],
      'two filters'
    )
  })
}

function refusals(generator: Generator): Question[] {
  const { model } = generator
  return USERS.filter((user) => !mayView(model, user)).map((user) =>
    counted(generator, user, [], 'no right at all')
  )
}

function grouped(generator: Generator): Question[] {
  const { model, viewers } = generator
  const names = Object.keys(model.groups)
  const sets = [
    ...names.map((name) => [name]),
    ...names.map((name, i) => [name, turn(names, i + 1)])
  ]
  return sets.map((by, index) => {
    const user = turn(viewers, index)
    const filter = chosen(generator, model.filters)
    const columns = by.map((name) => turn([model.groups[name] ?? ''], 0))
    return {
      kind: by.length === 1 ? 'groups by one field' : 'groups by two fields',
      user,
      tool: 'count',
      model: model.objectType,
      args: { filters: filter.ask, group_by: by, top: 100 },
      sql: groupsSql(model, user, { where: [filter.where], by: columns })
    }
  })
}

function lists(generator: Generator): Question[] {
  const { model, viewers } = generator
  return Array.from({ length: LISTS_PER_MODEL }, (_, index) => {
    const user = turn(viewers, index)
    const filter = chosen(generator, model.filters)
    const columns = Object.values(model.columns)
    return {
      kind: 'list',
      user,
      tool: 'find',
      model: model.objectType,
      args: { filters: filter.ask, fields: ['id', ...Object.keys(model.columns)] },
      sql: rowsSql(model, user, { where: [filter.where], columns })
    }
  })
}

/** All questions, the same each time. */
export function generateQuestions(ids: Ids): readonly Question[] {
  const random = seededRandom(SEED)
  return modelsToAsk(ids).flatMap((model) => {
    const viewers = USERS.filter((user) => mayView(model, user))
    const generator = { model, viewers, random }
    return [plainCounts, combinedCounts, refusals, grouped, lists].flatMap((make) =>
      make(generator)
    )
  })
}
