import type { DescribeProvider } from './provider.ts'

/** The stable data plane version; used when the model names none. */
const DEFAULT_API_VERSION = '2024-10-21'

/**
 * Azure OpenAI: the model is in the path as a deployment, the version in the query, the key in a header of its own.
 * Otherwise it speaks like OpenAI. People paste the endpoint with or without `/openai`.
 */
export const describeAzureOpenAi: DescribeProvider = ({ modelName, apiVersion }, address) => ({
  baseUrl: `${resourceOf(address)}/openai/deployments/${encodeURIComponent(modelName)}`,
  query: { 'api-version': apiVersion || DEFAULT_API_VERSION },
  credentialHeaders: (secret) => ({ 'api-key': secret.reveal() })
})

function resourceOf(address: string): string {
  return address.replace(/\/+$/, '').replace(/\/openai$/, '')
}
