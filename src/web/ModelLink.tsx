import { createContext, type ReactNode, useContext } from 'react'
import { hostOf, MAX_SHOWN_ADDRESS_CHARS, safeAddress } from './address.ts'

/** Hosts that text may link to: Nautobot's, the service's and the page's own. */
export const TrustedHosts = createContext<ReadonlySet<string>>(new Set())

interface ModelLinkProps {
  /** As the model wrote it, decoded. */
  readonly address: string
  readonly children: ReactNode
}

/**
 * A link that a model wrote. Only addresses on our own hosts can be followed: anywhere else a click could
 * carry the conversation's data away in the address, so that one is shown and not linked.
 */
export function ModelLink({ address, children }: ModelLinkProps) {
  const hosts = useContext(TrustedHosts)
  const href = safeAddress(address)
  if (href && (href.startsWith('mailto:') || hosts.has(hostOf(href)))) {
    return (
      <a href={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    )
  }
  return (
    <>
      {children} <ShownAddress address={address} />
    </>
  )
}

function ShownAddress({ address }: { readonly address: string }) {
  const shown = address.slice(0, MAX_SHOWN_ADDRESS_CHARS)
  return (
    <span className="address" title="Not linked: this address is not one of yours">
      ({shown.length < address.length ? `${shown}…` : shown})
    </span>
  )
}
