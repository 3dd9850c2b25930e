/** Words around a number or a name that say what it is. Lower case, English and German. */

const list = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/))

/** A number behind one of these counts the answer's own parts, or is an ordinal. */
export const BEFORE_OWN_NUMBER = list(`
  step option page section figure chapter phase tier layer level note point line part attempt top
  first last next previous example question item no nr number priority prio
  schritt seite punkt teil abschnitt abbildung beispiel frage zeile stufe ebene ersten erste erster letzten letzte
  nächsten nächste variante möglichkeit kapitel nummer
  tcp udp port/tcp rfc ieee iso din wpa
`)

/** A number in front of one of these is not about the network. */
export const BEHIND_OWN_NUMBER = list(`
  option options way ways step steps thing things reason reasons possibility possibilities point points question
  questions example examples times time x approaches approach scenarios sentences columns column category categories
  möglichkeit möglichkeiten schritt schritte schritten grund gründe gründen optionen frage fragen beispiel beispiele
  mal wege punkte spalten kategorien varianten
`)

export const TIME_UNITS = list(`
  s sec secs second seconds ms min mins minute minutes h hr hrs hour hours day days week weeks month months year years
  sekunde sekunden minuten stunde stunden tag tage tagen woche wochen monat monate monaten jahr jahre jahren
  am pm uhr utc gmt cet cest o'clock
`)

export const MONTHS = list(`
  jan january januar feb february februar mar march märz mär apr april may mai jun june juni jul july juli aug august
  sep sept september oct october okt oktober nov november dec december dez dezember
`)

export const BEFORE_YEAR = list(
  'in since until by of year from before after seit bis ab jahr im anfang ende mitte q1 q2 q3 q4'
)

export const BEFORE_VERSION = list(`
  version v release firmware software image ios ios-xe iosxe ios-xr nx-os nxos junos eos python nautobot sonic fortios
  pan-os panos build rev revision train django
`)

/** What follows names one thing, it is no amount. */
export const BEFORE_LITERAL = list(`
  vlan vlans vid vids vlan-id vlan-ids as asn asns autonomous-system vni vnis vrf
`)

export const ROUGH = list(`
  about around roughly approximately approx nearly almost over more than least most ~ ≈ ca circa rund etwa ungefähr knapp
  über mehr als fast gut mindestens höchstens
`)

/** Words in front of a capitalised word that is a name then. */
export const NAMED_THINGS = list(`
  site sites location tenant vendor manufacturer provider rack campus region building city
  standort mandant hersteller anbieter mieter gebäude region stadt campus
`)

/** Heads of columns that hold names. */
export const NAME_COLUMN =
  /^(?:device|switch|router|firewall|site|location|tenant|vendor|manufacturer|provider|platform|rack|name|hostname|host|region|model|gerät|geräte|standort|mandant|hersteller|anbieter|gebäude|cluster|device type|circuit)s?(?: name)?$/i

/** Never names, though they stand where names do. */
export const NOT_A_NAME = list(`
  name names type types role roles status group groups id ids count counts total totals sum none not all any other
  others unknown n/a na various multiple several yes no open empty unassigned gesamt summe keine keiner kein alle
  sonstige andere unbekannt ja nein leer ohne typ rolle gruppe anzahl is are has was were the this that and or of in
  at on to with without for each per list page view detail details address addresses filter field manager und oder
  ist sind hat der die das mit für je pro bei im am hierarchy hierarchie space spaces elevation code codes
  nautobot api rest graphql devices geräte
`)

/** Standards, media and protocols: everybody's words, with digits in them. */
export const VOCABULARY = new RegExp(
  `^(?:${[
    'ipv?[46]',
    'v[46]',
    'l[1-7]',
    '802\\.[\\w.]+',
    'rfc-?\\d+',
    'ospfv?[23]?',
    'bgp-?4',
    'ripv2',
    'hsrpv?2?',
    'igmpv[123]',
    'snmpv?[123]c?',
    'sshv?[12]',
    'tls(?:v?1(?:\\.\\d)?)?',
    'sha-?\\d+',
    'md5',
    'aes-?\\d*',
    'cat-?\\d[a-z]?',
    'rj-?45',
    'x\\.?509',
    'q?sfp(?:28|56|\\+|-dd)?\\d*',
    'o[ms]\\d',
    '\\d+g?base[\\w-]*',
    '\\d+gb?e',
    'base64',
    'utf-?8',
    'iso-?\\d+',
    'http/?\\d*',
    'oauth2',
    'tier-?\\d',
    'n\\+\\d',
    '24[/x]7',
    '[qh][1-4]',
    '\\d+x',
    'x\\d+',
    '\\d+(?:st|nd|rd|th)',
    'utc[+-]\\d+',
    'primary_?ip[46]?',
    '(?:ip|nat)[46]',
    '\\d+:\\d+',
    'eui-?64',
    'covid-?19',
    'p2p',
    'b2b',
    'e2e',
    'c1[34]',
    'pep\\d+',
    '(?:tcp|udp)/\\d+'
  ].join('|')})$`,
  'i'
)
