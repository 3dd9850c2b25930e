import type { Engine } from './engine.ts'

const MEGABYTES: Readonly<Record<string, number>> = { B: 1e-6, kB: 1e-3, MB: 1, GB: 1e3 }

export interface Layers {
  /** Megabytes. */
  readonly total: number
  /** Megabytes above the base. */
  readonly ours: number
  /** What each of our layers holds and its megabytes, the newest first. */
  readonly each: readonly { readonly by: string; readonly size: number }[]
}

/** How large an image is, and what our Dockerfile adds to its base. */
export async function layersOf(engine: Engine, id: string): Promise<Layers> {
  const format = '{{.Size}}|{{.CreatedBy}}'
  const lines = (await engine.command('history', '--no-trunc', '--format', format, id))
    .split('\n')
    .map((line) => line.split('|'))
    .map(([size = '', by = '']) => ({ by, size: megabytes(size) }))
  // The first thing we do to the base; whatever is below came with it.
  const first = lines.findIndex(({ by }) => by.includes('NODE_ENV=production'))
  const each = lines.slice(0, first + 1)
  const sum = (some: typeof lines) => some.reduce((all, { size }) => all + size, 0)
  return { total: Math.round(sum(lines)), ours: Math.round(sum(each)), each }
}

/** Both engines write "65MB" or "65 MB", whatever they are asked. */
function megabytes(size: string): number {
  const [, number, unit = ''] = /^([\d.]+) ?(B|kB|MB|GB)$/.exec(size) ?? []
  const factor = MEGABYTES[unit]
  if (factor === undefined) throw new Error(`A layer has no readable size: ${size}`)
  return Number(number) * factor
}
