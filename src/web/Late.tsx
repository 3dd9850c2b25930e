import { type ReactNode, useEffect, useState } from 'react'

interface LateProps<T> {
  /** An `import()`: the browser keeps what has come. The same function each time. */
  readonly load: () => Promise<T>
  readonly children: (loaded: T) => ReactNode
}

/** A part of the page that few need: its script comes when it is first shown. */
export function Late<T>({ load, children }: LateProps<T>) {
  const [part, setPart] = useState<{ readonly loaded: T } | 'failed'>()
  useEffect(() => {
    if (part) return
    let isGone = false
    load().then(
      (loaded) => isGone || setPart({ loaded }),
      () => isGone || setPart('failed')
    )
    return () => {
      isGone = true
    }
  }, [load, part])
  if (!part) return <p role="status">Loading…</p>
  if (part !== 'failed') return children(part.loaded)
  return (
    <p role="alert">
      This part of the page could not be loaded. If it stays so, reload the page: the service may
      have been updated.{' '}
      <button type="button" className="quiet" onClick={() => setPart(undefined)}>
        Try again
      </button>
    </p>
  )
}
