/**
 * What may stand in a system prompt as `{{name}}`: the shim's own list. Each is the same for all questions of a
 * conversation, since a prompt that varies is read anew by the provider each time. The date comes with each question.
 */
export const PROMPT_VARIABLES = ['user', 'model', 'nautobot', 'environment'] as const
export type PromptVariable = (typeof PROMPT_VARIABLES)[number]

/** A single word; whatever else stands in braces is text, such as an example of a template. */
const VARIABLE = /\{\{\s*([a-z_]+)\s*\}\}/g

/** The text with values for the variables that there are; other words in braces stay as they are. */
export function fillPrompt(text: string, values: Readonly<Record<PromptVariable, string>>): string {
  return text.replace(VARIABLE, (written, name: string) =>
    isVariable(name) ? values[name] : written
  )
}

/** A sentence for each word in braces that is no variable, in the shim's words. */
export function promptProblems(text: string): string[] {
  const names = new Set([...text.matchAll(VARIABLE)].map(([, name = '']) => name))
  return [...names]
    .filter((name) => !isVariable(name))
    .map(
      (name) =>
        `Remove "{{${name}}}": it is no variable. Variables are ${PROMPT_VARIABLES.join(', ')}; the date is told with each question.`
    )
}

function isVariable(name: string): name is PromptVariable {
  return (PROMPT_VARIABLES as readonly string[]).includes(name)
}
