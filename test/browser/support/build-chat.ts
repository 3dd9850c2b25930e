import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const BUILD_TIMEOUT_MS = 120_000

/** Builds the chat as the package scripts do, into the service's and the Nautobot app's folders. */
export function buildChat(): void {
  execFileSync('npm', ['run', '--silent', 'build:web'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: BUILD_TIMEOUT_MS
  })
}
