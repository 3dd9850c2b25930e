import type { ReactNode } from 'react'

function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  )
}

export const CopyIcon = () => (
  <Icon>
    <rect x="5.500" y="5.500" width="8" height="8" rx="1.500" />
    <path d="M10.500 3.500v-.5A1.500 1.500 0 0 0 9 1.500H4A1.500 1.500 0 0 0 2.500 3v5A1.500 1.500 0 0 0 4 9.500h.5" />
  </Icon>
)

export const CheckIcon = () => (
  <Icon>
    <path d="m3.500 8.500 3 3 6-7" />
  </Icon>
)

export const CrossIcon = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
)

export const ChevronIcon = () => (
  <Icon>
    <path d="m6 4 4 4-4 4" />
  </Icon>
)

export const SendIcon = () => (
  <Icon>
    <path d="M8 13V3M3.500 7.500 8 3l4.500 4.500" />
  </Icon>
)

export const StopIcon = () => (
  <svg
    className="icon"
    viewBox="0 0 16 16"
    fill="currentColor"
    aria-hidden="true"
    focusable="false"
  >
    <rect x="4" y="4" width="8" height="8" rx="1.500" />
  </svg>
)

export const RetryIcon = () => (
  <Icon>
    <path d="M13 8a5 5 0 1 1-1.500-3.600M13 2v3h-3" />
  </Icon>
)

export const PlusIcon = () => (
  <Icon>
    <path d="M8 3v10M3 8h10" />
  </Icon>
)

export const WarningIcon = () => (
  <Icon>
    <path d="M8 2.200 14.300 13H1.700zM8 6.500v3M8 11.300v.1" />
  </Icon>
)

export const LinkIcon = () => (
  <Icon>
    <path d="M9.500 2.500h4v4M13.500 2.500 8 8M12 9.500V12a1.500 1.500 0 0 1-1.500 1.500h-6A1.500 1.500 0 0 1 3 12V6a1.500 1.500 0 0 1 1.500-1.500H7" />
  </Icon>
)

export const DownIcon = () => (
  <Icon>
    <path d="M8 3v10M3.500 8.500 8 13l4.500-4.500" />
  </Icon>
)

export const ServersIcon = () => (
  <Icon>
    <rect x="2.500" y="2.500" width="11" height="4.500" rx="1" />
    <rect x="2.500" y="9" width="11" height="4.500" rx="1" />
    <path d="M5 4.750h.01M5 11.250h.01" />
  </Icon>
)

export const PanelIcon = () => (
  <Icon>
    <rect x="2" y="2.500" width="12" height="11" rx="1.500" />
    <path d="M6.250 2.500v11" />
  </Icon>
)

export const SearchIcon = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.250" />
    <path d="m10.250 10.250 3.250 3.250" />
  </Icon>
)

export const MoreIcon = () => (
  <Icon>
    <path d="M3.500 8h.01M8 8h.01M12.500 8h.01" strokeWidth="2.200" />
  </Icon>
)

export const PencilIcon = () => (
  <Icon>
    <path d="m10.500 3 2.500 2.500L5.500 13H3v-2.500z" />
  </Icon>
)

export const ExportIcon = () => (
  <Icon>
    <path d="M8 2.500v7.500M5 7.250 8 10.250l3-3M3 13.250h10" />
  </Icon>
)

export const BinIcon = () => (
  <Icon>
    <path d="M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.5 9h6l.5-9" />
  </Icon>
)
