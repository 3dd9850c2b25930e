import { expect, it } from 'vitest'
import type { RunStep } from '../../../src/runs/run.ts'
import { recipesOf } from '../../../src/runs/step-recipes.ts'

const NAUTOBOT = 'https://nautobot.example.com'
const ID = '6f1a2a52-9a53-4a0c-9a52-7c1f6e0c9a11'

function step(change: Partial<RunStep>, path?: string): RunStep {
  return {
    ...{ toolCallId: 'c1', name: 'find', server: 'nautobot', arguments: {}, result: '{}' },
    ...{ isError: false, rows: 1, bytes: 2, durationMs: 4, modelCall: 1, progress: undefined },
    links: path === undefined ? [] : [{ label: 'x', url: NAUTOBOT + path }],
    ...change
  }
}

const python = (call: string, url = JSON.stringify(NAUTOBOT)) =>
  `import os, pynautobot\nnautobot = pynautobot.api(${url}, token=os.environ["NAUTOBOT_TOKEN"])\nprint(nautobot.${call})`
const HEADER = '-H "Authorization: Token $NAUTOBOT_TOKEN"'

it('asks for a list with the filters that its page has', () => {
  const path = '/ipam/ip-addresses/?vrf=PROD&vrf=LAB&parent=10.0.0.0%2F8&clear_view=true'
  expect(recipesOf(step({}, path))).toEqual({
    curl: `curl -s ${HEADER} '${NAUTOBOT}/api/ipam/ip-addresses/?vrf=PROD&vrf=LAB&parent=10.0.0.0%2F8'`,
    pynautobot: python('ipam.ip_addresses.filter(vrf=["PROD","LAB"], parent=["10.0.0.0/8"])'),
    graphql: '{ ip_addresses(vrf: ["PROD","LAB"], parent: ["10.0.0.0/8"]) { id address } }'
  })
})

it('gives a yes-or-no filter of GraphQL no list, and asks nothing but the id where there is no name', () => {
  const path = '/dcim/cables/?connected=True&type=cat6&clear_view=true'
  expect(recipesOf(step({}, path))?.graphql).toBe(
    '{ cables(connected: true, type: ["cat6"]) { id } }'
  )
})

it('asks for all where there is no filter, and for the number of a count', () => {
  expect(recipesOf(step({}, '/dcim/devices/?clear_view=true'))).toEqual({
    curl: `curl -s ${HEADER} '${NAUTOBOT}/api/dcim/devices/'`,
    pynautobot: python('dcim.devices.all()'),
    graphql: '{ devices { id name } }'
  })
  expect(recipesOf(step({ name: 'count' }, '/dcim/devices/?location=AMS01'))).toMatchObject({
    curl: `curl -s ${HEADER} '${NAUTOBOT}/api/dcim/devices/?location=AMS01&limit=1'`,
    pynautobot: python('dcim.devices.count(location=["AMS01"])')
  })
})

it('asks for one object by its id', () => {
  expect(recipesOf(step({ name: 'get' }, `/dcim/devices/${ID}/`))).toEqual({
    curl: `curl -s ${HEADER} '${NAUTOBOT}/api/dcim/devices/${ID}/?depth=1'`,
    pynautobot: python(`dcim.devices.get("${ID}")`),
    graphql: `{ devices(id: ["${ID}"]) { id name } }`
  })
})

it('guesses no GraphQL name for the models of an app', () => {
  expect(recipesOf(step({}, '/plugins/ai-ops/llm-models/?enabled=true'))).toEqual({
    curl: `curl -s ${HEADER} '${NAUTOBOT}/api/plugins/ai-ops/llm-models/?enabled=true'`,
    pynautobot: python('plugins.ai_ops.llm_models.filter(enabled=["true"])')
  })
})

it('sends a GraphQL query as it was asked, quoted for the shell', () => {
  const query = `{ devices(name: "it's") { name } }`
  expect(recipesOf(step({ name: 'query', arguments: { query } }))).toEqual({
    curl: `curl -s ${HEADER} -H 'Content-Type: application/json' -d '{"query":"{ devices(name: \\"it'\\''s\\") { name } }"}' "$NAUTOBOT_URL/api/graphql/"`,
    pynautobot: python(
      `graphql.query(query=${JSON.stringify(query)}).json`,
      'os.environ["NAUTOBOT_URL"]'
    ),
    graphql: query
  })
})

it('has none for a foreign tool, and none without a page of Nautobot', () => {
  expect(recipesOf(step({ server: 'weather' }, '/dcim/devices/'))).toBeUndefined()
  expect(recipesOf(step({ name: 'describe' }))).toBeUndefined()
  expect(recipesOf(step({}, '/dcim/devices/not-an-id/'))).toBeUndefined()
  expect(recipesOf(step({}, '/login/'))).toBeUndefined()
})
