/** Which files each file imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>

/** Ways from a file back to itself, shortest first. Of several that share an import one is told: they may end together. */
export function cyclesOf(graph: ImportGraph): string[][] {
  const ways = [...graph.keys()].sort().flatMap((start) => {
    const way = wayBack(graph, start)
    return way ? [way] : []
  })
  const told = new Set<string>()
  return ways
    .sort((left, right) => left.length - right.length)
    .filter((way) => {
      const imports = way.map((file, place) => `${file} ${way[place + 1] ?? way[0]}`)
      if (imports.some((one) => told.has(one))) return false
      for (const one of imports) told.add(one)
      return true
    })
}

/** The files of the shortest cycle through one; undefined when there is none. */
function wayBack(graph: ImportGraph, start: string): string[] | undefined {
  const importers = new Map<string, string>()
  const found = [start]
  for (const file of found) {
    for (const target of graph.get(file) ?? []) {
      if (target === start) return wayTo(file, importers)
      if (importers.has(target)) continue
      importers.set(target, file)
      found.push(target)
    }
  }
  return undefined
}

/** From importer to imported. */
function wayTo(end: string, importers: ReadonlyMap<string, string>): string[] {
  const way: string[] = []
  for (let file: string | undefined = end; file !== undefined; file = importers.get(file))
    way.unshift(file)
  return way
}
