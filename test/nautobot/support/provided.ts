import type { Login, UserName } from '../../../nautobot-plugin-shim/development/logins.ts'

/** What the global setup tells each test about the one Nautobot that they share. */
export type ProvidedNautobot = {
  /** Without a slash at the end. */
  url: string
  users: Record<UserName, Login>
  /** Where the app publishes its events; empty at the start, tests may use it as the sidecar's Redis. */
  eventRedisUrl: string
  /** The port at which this Nautobot expects the sidecar; nothing listens there until a test starts one. */
  sidecarPort: number
  /** The environment of Nautobot's commands, for a Celery worker. */
  environment: NodeJS.ProcessEnv
  /** Value of the variable AI_OPS_CANARY of Nautobot's process, for a Secret with the provider `environment-variable`. */
  canary: string
}

declare module 'vitest' {
  interface ProvidedContext {
    nautobot: ProvidedNautobot
  }
}
