import { NAUTOBOT_TOOL_SERVER } from '../nautobot-tools/server.ts'
import { isRecord } from '../platform/json.ts'
import type { RunStep } from './run.ts'

/** The same question in other words, to ask again without us. `$NAUTOBOT_TOKEN` stands for the reader's own token. */
export interface StepRecipes {
  readonly curl: string
  readonly pynautobot: string
  /** Absent where GraphQL may call the list something else: in apps. */
  readonly graphql?: string
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const PATH = /^\/(?:(plugins)\/)?([a-z0-9-]+)\/([a-z0-9-]+)\/(?:([^/]+)\/)?$/
/** Read by Nautobot's lists, not by its API. */
const PAGE_ONLY: ReadonlySet<string> = new Set(['clear_view', 'saved_view', 'page', 'per_page'])
const COUNT_ONLY = 1
/** Of Nautobot's own, those whose objects have a `name`. */
const NAMED_LISTS: ReadonlySet<string> = new Set([
  ...['devices', 'interfaces', 'locations', 'platforms', 'racks', 'manufacturers'],
  ...['vlans', 'vrfs', 'tenants', 'providers', 'clusters', 'virtual-machines']
])
const HEADER = '-H "Authorization: Token $NAUTOBOT_TOKEN"'

/** How a step of the built-in tools is asked by hand; undefined for others, and where no page of Nautobot shows it. */
export function recipesOf({
  name,
  server,
  arguments: input,
  links
}: RunStep): StepRecipes | undefined {
  if (server !== NAUTOBOT_TOOL_SERVER) return undefined
  if (name === 'query' && isRecord(input) && typeof input.query === 'string') {
    return queryRecipes(input.query, originOf(links[0]?.url))
  }
  const place = links.map(({ url }) => placeOf(url)).find((one) => one !== undefined)
  return (
    place && (place.id === undefined ? listRecipes(place, name === 'count') : objectRecipes(place))
  )
}

interface Place {
  readonly origin: string
  readonly app: string
  readonly isPlugin: boolean
  readonly list: string
  /** Of a single object. */
  readonly id: string | undefined
  readonly filters: ReadonlyMap<string, readonly string[]>
}

/** What a page of Nautobot shows; undefined for any other page. */
function placeOf(url: string): Place | undefined {
  const parsed = URL.parse(url)
  if (!parsed) return undefined
  const [, plugins, app = '', list = '', id] = PATH.exec(parsed.pathname) ?? []
  if (app === '' || (id !== undefined && !UUID.test(id))) return undefined
  const names = [...new Set(parsed.searchParams.keys())].filter((one) => !PAGE_ONLY.has(one))
  const filters = new Map(names.map((one) => [one, parsed.searchParams.getAll(one)]))
  return { origin: parsed.origin, app, isPlugin: plugins !== undefined, list, id, filters }
}

function originOf(url: string | undefined): string {
  return (url === undefined ? undefined : URL.parse(url)?.origin) ?? '$NAUTOBOT_URL'
}

const apiOf = ({ origin, app, isPlugin, list }: Place) =>
  `${origin}/api/${isPlugin ? 'plugins/' : ''}${app}/${list}/`

const endpointOf = ({ app, isPlugin, list }: Place) =>
  [isPlugin ? 'plugins' : '', app, list]
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('-', '_'))
    .join('.')

function listRecipes(place: Place, isCount: boolean): StepRecipes {
  const { filters, list, isPlugin } = place
  const search = new URLSearchParams(
    [...filters].flatMap(([name, all]) => all.map((one) => [name, one]))
  )
  if (isCount) search.set('limit', String(COUNT_ONLY))
  const query = search.size > 0 ? `?${search}` : ''
  const keywords = [...filters].map(([name, all]) => `${name}=${JSON.stringify(all)}`).join(', ')
  const endpoint = endpointOf(place)
  const python = isCount ? `${endpoint}.count(${keywords})` : `${endpoint}.filter(${keywords})`
  const args = [...filters].map(([name, all]) => `${name}: ${graphqlValue(all)}`).join(', ')
  const root = list.replaceAll('-', '_')
  return {
    curl: curlOf(`${apiOf(place)}${query}`),
    pynautobot: pythonOf(place, keywords === '' && !isCount ? `${endpoint}.all()` : python),
    ...(!isPlugin && { graphql: `{ ${root}${args && `(${args})`} { ${fieldsOf(list)} } }` })
  }
}

function objectRecipes(place: Place): StepRecipes {
  const { id = '', list, isPlugin } = place
  const root = list.replaceAll('-', '_')
  return {
    curl: curlOf(`${apiOf(place)}${id}/?depth=1`),
    pynautobot: pythonOf(place, `${endpointOf(place)}.get(${JSON.stringify(id)})`),
    ...(!isPlugin && { graphql: `{ ${root}(id: [${JSON.stringify(id)}]) { ${fieldsOf(list)} } }` })
  }
}

/** What says which object it is: Nautobot's GraphQL knows no `display`. */
function fieldsOf(list: string): string {
  if (list === 'ip-addresses') return 'id address'
  return NAMED_LISTS.has(list) ? 'id name' : 'id'
}

/** Nautobot's yes-or-no filters take no list there. */
function graphqlValue(all: readonly string[]): string {
  const [only = ''] = all
  return all.length === 1 && /^(?:true|false)$/i.test(only)
    ? only.toLowerCase()
    : JSON.stringify(all)
}

function queryRecipes(query: string, origin: string): StepRecipes {
  const body = JSON.stringify({ query })
  return {
    curl: `curl -s ${HEADER} -H 'Content-Type: application/json' -d ${quoted(body)} ${addressed(`${origin}/api/graphql/`)}`,
    pynautobot: pythonOf({ origin }, `graphql.query(query=${JSON.stringify(query)}).json`),
    graphql: query
  }
}

function curlOf(url: string): string {
  return `curl -s ${HEADER} ${addressed(url)}`
}

/** Only where the address is not known, the shell has to fill it in. */
function addressed(url: string): string {
  return url.startsWith('$') ? `"${url}"` : quoted(url)
}

/** A word of the shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function pythonOf({ origin }: Pick<Place, 'origin'>, call: string): string {
  const url = origin.startsWith('$') ? 'os.environ["NAUTOBOT_URL"]' : JSON.stringify(origin)
  return [
    'import os, pynautobot',
    `nautobot = pynautobot.api(${url}, token=os.environ["NAUTOBOT_TOKEN"])`,
    `print(nautobot.${call})`
  ].join('\n')
}
