import { useEffect, useState } from 'react'
import { copyText } from './browser.ts'
import { CheckIcon, CopyIcon } from './icons.tsx'

const CONFIRMED_MS = 1_600

interface CopyButtonProps {
  readonly text: () => string
  readonly label: string
}

export function CopyButton({ text, label }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'failed' | undefined>()

  useEffect(() => {
    if (!outcome) return
    const timer = setTimeout(() => setOutcome(undefined), CONFIRMED_MS)
    return () => clearTimeout(timer)
  }, [outcome])

  const copy = async (): Promise<void> => {
    setOutcome((await copyText(text())) ? 'copied' : 'failed')
  }
  const said = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Could not copy' : label
  return (
    <button type="button" className="icon-button" title={said} aria-label={said} onClick={copy}>
      {outcome === 'copied' ? <CheckIcon /> : <CopyIcon />}
    </button>
  )
}
