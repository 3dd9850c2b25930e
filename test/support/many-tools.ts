const ACTIONS = [
  ...['archive', 'assign', 'cancel', 'compare', 'create', 'delete', 'export', 'find'],
  ...['import', 'list', 'merge', 'rename', 'restore', 'schedule', 'update']
]
const THINGS = [
  ...['alarm', 'antenna', 'backup', 'battery', 'cabinet', 'certificate', 'contract', 'door'],
  ...['firewall rule', 'invoice', 'licence', 'maintenance window', 'optic', 'outage', 'pager'],
  ...['probe', 'sensor', 'technician', 'ticket', 'warranty']
]

/** Schemas that some provider refuses as they are; `target` and what it takes differ. */
const SCHEMAS: readonly object[] = [
  { type: 'object', properties: { target: { type: 'string' } }, required: ['target'] },
  {
    $ref: '#/$defs/Args',
    $defs: { Args: { properties: { target: { $ref: '#/$defs/Text' } } }, Text: { type: 'string' } }
  },
  {
    oneOf: [
      { properties: { target: { type: 'string' } }, required: ['target'] },
      { properties: { id: { type: 'integer' } }, required: ['id'] }
    ]
  },
  { type: ['object', 'null'], properties: { target: { type: ['string', 'null'] } } },
  { properties: { target: true, tags: { type: 'array' } } },
  {
    $schema: 'http://json-schema.org/draft-04/schema#',
    type: 'object',
    properties: { target: { type: 'string' }, size: { minimum: 0, exclusiveMinimum: true } }
  },
  { allOf: [{ type: 'object', properties: { target: { type: 'string', nullable: true } } }] },
  {
    type: 'object',
    properties: { target: { type: 'string' }, within: { $ref: '#' } },
    additionalProperties: false
  },
  {
    type: 'object',
    properties: { target: { enum: Array.from({ length: 900 }, (_, at) => `t${at}`) } }
  },
  { type: 'object', properties: { target: { type: 'string' }, $filter: { type: 'string' } } }
]

export interface ManyTool {
  readonly name: string
  readonly description: string
  readonly inputSchema: object
}

/** 300 tools, each with its own words; a third with names of 70 characters, others with characters that none may have. */
export function manyTools(): ManyTool[] {
  return THINGS.flatMap((thing, column) =>
    ACTIONS.map((action, row) => ({
      name: nameOf(action, thing, row + column),
      description: `${action[0]?.toUpperCase()}${action.slice(1)} a ${thing} of the plant.`,
      inputSchema: SCHEMAS[(row * 7 + column) % SCHEMAS.length] ?? {}
    }))
  )
}

function nameOf(action: string, thing: string, place: number): string {
  if (place % 3 === 0) return `${action}_${thing.replace(' ', '_')}_`.padEnd(70, 'x')
  if (place % 3 === 1) return `${action}.${thing}`
  return `${action}${thing[0]?.toUpperCase()}${thing.slice(1)}`.replace(' ', '/')
}

export function pagesOf<T>(items: readonly T[], pageSize: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / pageSize) }, (_, page) =>
    items.slice(page * pageSize, (page + 1) * pageSize)
  )
}
