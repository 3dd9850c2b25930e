/** As many as a Nautobot of one process takes. */
const TOGETHER = 3

/** Does a few at once, each when the one before it is done; answers in the order of `items`. */
export async function together<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>
): Promise<R[]> {
  const waiting = items.map((item, index) => ({ item, index }))
  const answers: R[] = []
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      answers[next.index] = await work(next.item)
  }
  await Promise.all(Array.from({ length: TOGETHER }, worker))
  return answers
}
