/** Where the shim's REST API lives in Nautobot. */
export const SHIM_API = '/api/plugins/ai-ops'

/** Query of configuration objects: with the names of related ones, and with their lists of them. */
export const WHOLE_OBJECTS = { depth: 1, exclude_m2m: false } as const
