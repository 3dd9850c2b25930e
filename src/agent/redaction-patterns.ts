/** What a placeholder stands for. Only the first two are put back into an answer. */
export type RedactedKind = 'email' | 'phone' | 'hidden'

/** What stands in place of a value. */
export const PLACEHOLDER = /\[(?:email|phone|hidden)-[0-9a-f]{10}\]/g

export interface RedactionPattern {
  readonly kind: RedactedKind
  /** With two groups: what stays, and what is replaced. Every repetition is bounded, so that reading takes linear time. */
  readonly pattern: RegExp
}

/** Neither white space, quotes nor a backslash, which ends a line of a text within JSON. */
const VALUE = String.raw`[^\s"'\\]{1,512}`
const QUOTE = String.raw`(?:\\?["'])?`
const GAP = String.raw`[\x20\t]{1,8}`
/** Also behind a line break as JSON writes it. */
const BEGIN = String.raw`(?:(?<![\w-])|(?<=\\[nrt]))`
/** Digits and words that say how a value is written. */
const FORM = String.raw`(?:(?:\d{1,2}|encrypted|ENC|hash|sha512|ascii|hex|ascii-text|hexadecimal)${GAP}){0,2}`

/** Words of device configurations behind which a secret stands. */
const CONFIGURATION: readonly string[] = [
  // SNMP
  `snmp-server community`,
  `snmp community`,
  String.raw`snmp-server host \S{1,100}(?: (?:vrf \S{1,64}|informs?|traps?|version (?:1|2c)))*(?! (?:version|vrf|informs?|traps?))`,
  String.raw`auth (?:md5|sha(?:-?\d{1,3})?)`,
  String.raw`priv (?:des|3des|aes(?: \d{3}|-\d{3})?)`,
  // Users and enable
  String.raw`(?:password|secret|key) (?:\d{1,2}|sha512|encrypted|ENC)`,
  String.raw`enable (?:password|secret)(?: level \d{1,2})?`,
  String.raw`username \S{1,64}(?: privilege \d{1,2})?(?: role \S{1,32})? (?:password|secret)`,
  'encrypted-password',
  // AAA, VPN, routing, wireless
  String.raw`(?:tacacs|radius)-server[^\n"\\]{0,120}? key`,
  'key-string',
  '(?:crypto )?isakmp key',
  String.raw`pre-shared-key(?: (?:local|remote|address \S{1,64}))?`,
  'psksecret',
  'wpa-psk',
  'wpa-passphrase',
  String.raw`authentication-key(?: \d{1,5})?(?: (?:md5|sha\d{0,3}))?`,
  String.raw`message-digest-key \d{1,3} md5`,
  String.raw`neighbor \S{1,64} password`,
  String.raw`standby \d{1,4} authentication(?: md5 key-string)?`
]

function configuration(words: string): RedactionPattern {
  const spaced = words.replaceAll(' ', GAP)
  return hidden(`${BEGIN}(${spaced}${GAP}${FORM}${QUOTE})(${VALUE})`)
}

function hidden(source: string): RedactionPattern {
  return { kind: 'hidden', pattern: new RegExp(source, 'gi') }
}

/** Secrets that tell themselves by their form. */
const FORMS: readonly string[] = [
  String.raw`()(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[\s\S]{0,20000}?-----END [A-Z ]{0,40}PRIVATE KEY-----|[\s\S]{0,20000}))`,
  String.raw`()(\$(?:1|5|6|8|9|14|2[aby])\$[./0-9A-Za-z$]{8,200})`,
  String.raw`\b()((?:AKIA|ASIA)[0-9A-Z]{16})\b`,
  String.raw`\b()(gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{20,255})`,
  String.raw`\b()(xox[abeprs]-[\w-]{10,255}|sk-[\w-]{20,255}|AIza[\w-]{35})`,
  String.raw`\b()(eyJ[\w-]{8,4096}\.[\w-]{8,8192}\.[\w-]{0,4096})`,
  String.raw`\b((?:Bearer|Token) )([\w.~+/=-]{16,4096})`,
  String.raw`(:\/\/[^\s/:@"'\\]{1,100}:)([^\s/@"'\\]{1,200})(?=@)`
]

/** `"password": "…"`, `api_key=…`: names of fields, with what is in them. */
const ASSIGNED = String.raw`((?:password|passwd|passphrase|secret|api[_-]?key|auth[_-]?key|private[_-]?key|token|community|psk)\\?["']?[ \t]{0,4}[:=][ \t]{0,4}${QUOTE})(?!null\b|true\b|false\b)([^\s"'\\{}[\],;]{3,512})`

const EMAIL = /()([\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,6}[A-Za-z]{2,24})/g
const PHONE = /(?<![\w.+-])()(\+\d{1,3}(?:[ ()./-]{0,2}\d){6,13})(?![\w])/g
const NAMED_PHONE =
  /\b((?:tel|phone|telephone|mobile|fax)\\?["']?[.:= \t]{1,6}(?:\\?["'])?)(\(?\d(?:[ ()./-]{0,2}\d){5,13})(?![\w])/gi

/** In the order in which they are applied: secrets first. */
export const REDACTION_PATTERNS: readonly RedactionPattern[] = [
  ...FORMS.map(hidden),
  ...CONFIGURATION.map(configuration),
  hidden(ASSIGNED),
  { kind: 'email', pattern: EMAIL },
  { kind: 'phone', pattern: PHONE },
  { kind: 'phone', pattern: NAMED_PHONE }
]
