/** Bounds on what one client can make this service hold or wait for. Tests lower them. */
export interface HttpLimits {
  /** Open at a time; more are closed at once. Each event stream holds one. */
  readonly maxConnections: number
  readonly maxBodyBytes: number
  /** Of a body that is too large: read and forgotten, so that the answer reaches whoever is still sending. */
  readonly maxDrainBytes: number
  readonly maxDrainMs: number
  readonly maxHeaderBytes: number
  /** Arrays and objects inside each other in a JSON body. */
  readonly maxJsonDepth: number
  readonly maxParameterCharacters: number
  /** From the first byte of a request to the end of its headers. */
  readonly headersTimeoutMs: number
  /** From the first byte of a request to the end of its body. */
  readonly requestTimeoutMs: number
  /** How often the two above are looked at. */
  readonly timeoutCheckMs: number
  readonly keepAliveTimeoutMs: number
  /** How long a reader of an event stream may leave a full buffer standing. */
  readonly maxStalledStreamMs: number
  /** How long answers under way may take once the server closes; then every connection is cut. */
  readonly maxClosingMs: number
  /** Of one refused identity at one address. */
  readonly maxRefusedIdentitiesPerMinute: number
  /** Users and addresses whose rate is remembered, and as many refused identities. */
  readonly maxRateLimitEntries: number
}

export const HTTP_LIMITS: HttpLimits = {
  maxConnections: 10_000,
  maxBodyBytes: 256 * 1024,
  maxDrainBytes: 8 * 1024 * 1024,
  maxDrainMs: 5_000,
  maxHeaderBytes: 16 * 1024,
  maxJsonDepth: 32,
  maxParameterCharacters: 200,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  timeoutCheckMs: 2_000,
  // Longer than the idle time of usual load balancers (60 s), so that they are the ones to close.
  keepAliveTimeoutMs: 72_000,
  maxStalledStreamMs: 30_000,
  maxClosingMs: 1_000,
  maxRefusedIdentitiesPerMinute: 300,
  maxRateLimitEntries: 10_000
}
