import { useState } from 'react'
import type { RunApproval } from '../runs/run.ts'
import type { StepRecipes } from '../runs/step-recipes.ts'
import { copyText } from './browser.ts'
import { CodeBlock } from './CodeBlock.tsx'
import { StepState } from './ToolSteps.tsx'
import { callWords, duration, pretty, rowWords, visible } from './tool-words.ts'
import type { WhyStep } from './why-entries.ts'
import { sizeWords, timeWords } from './why-words.ts'

/** Characters of a tool's error on the page; the answer's own step has the rest. */
export const MAX_SHOWN_ERROR_CHARS = 400
export const MAX_SHOWN_CODE_CHARS = 20_000

const RECIPES = [
  ['curl', 'curl', 'Put your own Nautobot API token into NAUTOBOT_TOKEN first.'],
  ['pynautobot', 'pynautobot', 'Put your own Nautobot API token into NAUTOBOT_TOKEN first.'],
  ['graphql', 'GraphQL', 'For Nautobot’s GraphiQL, signed in as yourself.']
] as const satisfies readonly (readonly [keyof StepRecipes, string, string])[]

interface WhyStepItemProps {
  readonly step: WhyStep
  readonly username: string | undefined
}

type Shown = keyof StepRecipes | 'arguments' | undefined

/** A tool call: what was asked, what came, and how to ask the same by hand. */
export function WhyStepItem({ step, username }: WhyStepItemProps) {
  const [shown, setShown] = useState<Shown>()
  const { title, details } = callWords(step.name, step.args)
  return (
    <>
      <StepState state={step.state} />
      <div className="why-what">
        <p>
          <span className="why-title">{title}</span>
          {details !== '' && <span className="why-details">{visible(details)}</span>}
          <span className="why-facts">
            <code>{step.name}</code>
            {[step.server && `of ${step.server}`, ...factsOf(step)].filter(Boolean).join(' · ')}
          </span>
        </p>
        {step.approval && <p className="muted">{approvalWords(step.approval, username)}</p>}
        {step.error !== undefined && (
          <p className="why-error">{visible(step.error.slice(0, MAX_SHOWN_ERROR_CHARS))}</p>
        )}
        <div className="why-actions">
          <button
            type="button"
            className="why-copy"
            aria-expanded={shown === 'arguments'}
            aria-label={`Arguments of ${title}`}
            onClick={() => setShown(shown === 'arguments' ? undefined : 'arguments')}
          >
            Arguments
          </button>
          {step.recipes && <Recipes recipes={step.recipes} title={title} show={setShown} />}
        </div>
        {shown === 'arguments' && (
          <CodeBlock
            language="Arguments"
            label={`Arguments of ${title}`}
            text={visible(pretty(step.args))}
            shownChars={MAX_SHOWN_CODE_CHARS}
          />
        )}
        {shown && shown !== 'arguments' && <Recipe recipes={step.recipes} kind={shown} />}
      </div>
    </>
  )
}

function factsOf({ state, approval, rows, bytes, durationMs }: WhyStep): string[] {
  return [
    ...(state === 'abandoned' ? ['ended without a result'] : []),
    ...(state === 'failed' && approval?.decision !== 'reject' ? ['failed'] : []),
    ...(rows === undefined ? [] : [rowWords(rows)]),
    ...(bytes === undefined ? [] : [sizeWords(bytes)]),
    ...(durationMs === undefined ? [] : [duration(durationMs)])
  ]
}

/** `Approved by alice on 27 Nov 2026, 01:53:20 UTC` */
function approvalWords(approval: RunApproval, username = 'the asker'): string {
  const { decision, decidedAt, reason, lapsesAt } = approval
  if (!decision) return `Waits for an approval until ${timeWords(lapsesAt)}`
  const when = decidedAt === undefined ? '' : ` on ${timeWords(decidedAt)}`
  const said = `${decision === 'approve' ? 'Approved' : 'Rejected'} by ${username}${when}`
  return reason ? `${said}: “${visible(reason)}”` : said
}

interface RecipesProps {
  readonly recipes: StepRecipes
  readonly title: string
  readonly show: (kind: keyof StepRecipes) => void
}

/** Each copies the same question in other words, and shows what it copied. */
function Recipes({ recipes, title, show }: RecipesProps) {
  const [said, setSaid] = useState('')
  const copy = async (kind: keyof StepRecipes, name: string): Promise<void> => {
    show(kind)
    const isCopied = await copyText(recipes[kind] ?? '')
    setSaid(isCopied ? `Copied as ${name}` : 'Could not copy: mark the text below')
  }
  return (
    <span className="why-recipes">
      <span className="muted">Copy as</span>
      {RECIPES.map(
        ([kind, name]) =>
          recipes[kind] !== undefined && (
            <button
              key={kind}
              type="button"
              className="why-copy"
              aria-label={`Copy ${title} as ${name}`}
              onClick={() => void copy(kind, name)}
            >
              {name}
            </button>
          )
      )}
      <span className="muted" role="status">
        {said}
      </span>
    </span>
  )
}

function Recipe(props: {
  readonly recipes: StepRecipes | undefined
  readonly kind: keyof StepRecipes
}) {
  const { recipes, kind } = props
  const [, name = '', hint] = RECIPES.find(([one]) => one === kind) ?? []
  return (
    <>
      <CodeBlock language={name} label={`${name} query`} text={recipes?.[kind] ?? ''} />
      <p className="muted">{hint}</p>
    </>
  )
}
