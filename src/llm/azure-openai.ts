import type { DescribeProvider } from './provider.ts'

/** The stable data plane version; used when the model names none. */
const DEFAULT_API_VERSION = '2024-10-21'

/**
 * Azure OpenAI: the model is in the path as a deployment, the version in the query, the key in a header of its own; with
 * Entra ID the secret is an access token. Otherwise it speaks like OpenAI. People paste the endpoint with or without
 * `/openai`.
 */
export const describeAzureOpenAi: DescribeProvider = (model, address) => ({
  baseUrl: `${resourceOf(address)}/openai/deployments/${encodeURIComponent(model.modelName)}`,
  query: { 'api-version': model.apiVersion || DEFAULT_API_VERSION },
  credentialHeaders: (secret) =>
    usesEntra(model)
      ? { authorization: `Bearer ${secret.reveal()}` }
      : { 'api-key': secret.reveal() }
})

/** Whether the model's secret is that of an application, which is exchanged for access tokens. */
export function usesEntra({ provider, entraTenantId, entraClientId }: EntraFields): boolean {
  return provider === 'azure-openai' && entraTenantId !== '' && entraClientId !== ''
}

type EntraFields = Parameters<DescribeProvider>[0]

function resourceOf(address: string): string {
  return address.replace(/\/+$/, '').replace(/\/openai$/, '')
}
