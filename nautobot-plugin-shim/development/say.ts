/** Tells the person at the terminal one sentence. */
export type Say = (sentence: string) => void

/** Says what takes how long: `work` runs, then its sentence is said with the seconds it took. */
export async function timed<T>(say: Say, sentence: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work()
  say(`${sentence} in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
  return result
}
