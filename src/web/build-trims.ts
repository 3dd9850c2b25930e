import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

/**
 * Keeps of three libraries what the chat uses. A bundler must take the rest for wanted: it is made by calls, or named
 * in a table. A library that is built in another way than these expect stops the build.
 */
export function buildTrims(): Plugin {
  return {
    name: 'build-trims',
    enforce: 'pre',
    transform(code, id) {
      if (id.endsWith('marked.esm.js')) return { code: lexerOnly(withoutDialects(code)), map: null }
      if (id.endsWith('remend/dist/index.js')) return { code: withoutExtras(code), map: null }
      if (id.endsWith('react-dom-client.production.js')) {
        return { code: withoutStacks(withUsedAttributes(code)), map: null }
      }
      return undefined
    }
  }
}

/** The last statements of marked's module make an instance of all the rest: they give way to the one export in use. */
function lexerOnly(code: string): string {
  const lexer = /export\{[^}]*\b(\w+) as Lexer\b/.exec(code)?.[1]
  const lastStatements =
    /var \w+=new \w+;function \w+\(\w+,\w+\)\{return \w+\.parse\([^)]*\)\}[\s\S]*$/
  return cut(code, lastStatements, `export{${lexer} as Lexer};`)
}

/** Of marked's dialects the chat reads GitHub's, with line breaks as that has them. */
function withoutDialects(code: string): string {
  const rules =
    /\w+=\{normal:\w+,gfm:\w+,pedantic:(?<block>\w+)\},\w+=\{normal:\w+,gfm:\w+,breaks:(?<breaks>\w+),pedantic:(?<inline>\w+)\}/
  const { block, breaks, inline } = rules.exec(code)?.groups ?? {}
  const own = new RegExp(
    `${inline}=\\{\\.\\.\\.\\w+,emStrongLDelim:(\\w+),emStrongRDelimAst:(\\w+),emStrongRDelimUnd:(\\w+)`
  ).exec(code)
  const left = [block, breaks, inline].reduce<string>(
    (text, name) => cut(text, new RegExp(`,${name}=\\{\\.\\.\\.[\\s\\S]*?getRegex\\(\\)\\}`), ''),
    code.replace(rules, (found) => found.replace(/,?(breaks|pedantic):\w+/g, ''))
  )
  return (own?.slice(1) ?? [])
    .reduce<string>(
      (text, name) => cut(text, new RegExp(`,${name}=[\\s\\S]*?getRegex\\(\\)`), ''),
      left
    )
    .replaceAll(/this\.options\.(pedantic|breaks)/g, '!1')
    .replaceAll('this.options.gfm', '!0')
}

/** What `closeTail` switches off. */
function withoutExtras(code: string): string {
  return ['htmlTags', 'katex', 'inlineKatex'].reduce(
    (text, name) => cut(text, new RegExp(`\\{handler:\\{name:"${name}",[^}]*\\},[^}]*\\},?`), ''),
    code
  )
}

/** Of React's attributes that HTML and SVG write in another way: those that any of our components names. */
function withUsedAttributes(code: string): string {
  const folder = import.meta.dirname
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith('.tsx'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
  const isUsed = (name: string) => sources.some((source) => source.includes(name))
  const table = /aliases = new Map\(\[[\s\S]*?\]\)/
  const entries = table.exec(code)?.[0] ?? ''
  const left = entries.replace(/\["([^"]+)", "[^"]+"\],?/g, (entry, name) =>
    isUsed(name) ? entry : ''
  )
  return cut(code, table, left)
}

/** Nobody reads which components an error came through: the page says what failed. */
function withoutStacks(code: string): string {
  const name = 'getStackByFiberInDevAndProd'
  const whole = new RegExp(`function ${name}\\(\\w+\\) \\{\\n[\\s\\S]*?\\n\\}\\n`)
  return cut(code, whole, `function ${name}() {\n  return ''\n}\n`)
}

function cut(code: string, part: RegExp, instead: string): string {
  if (!part.test(code)) throw new Error(`A library is not built as it was: it has no ${part}`)
  return code.replace(part, instead)
}
