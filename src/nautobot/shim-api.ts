/** Where the shim's REST API lives in Nautobot. */
export const SHIM_API = '/api/plugins/ai-ops'
