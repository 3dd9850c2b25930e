import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { CHROMIUM_PATH } from './browser.ts'
import { buildChat } from './build-chat.ts'

const INSTALL_TIMEOUT_MS = 600_000
const PACKAGES = ['chromium', 'fonts-liberation']

/** A browser and a freshly built chat: what every browser test needs. */
export function setup(): void {
  if (!existsSync(CHROMIUM_PATH)) installChromium()
  buildChat()
}

function installChromium(): void {
  if (process.getuid?.() !== 0) {
    throw new Error(
      `${CHROMIUM_PATH} is missing. Install it (apt-get install ${PACKAGES.join(' ')}), or set CHROMIUM_PATH.`
    )
  }
  const options = {
    stdio: 'ignore',
    timeout: INSTALL_TIMEOUT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  } as const
  execFileSync('apt-get', ['update', '-qq'], options)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...PACKAGES], options)
}
