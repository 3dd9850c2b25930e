// Run while the image is built, beside the service: loads every file, so that one that cannot be loaded breaks the build
// and not a question, and has the service itself answer one, so that Node's compile cache holds what a start needs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const START_TIMEOUT_MS = 60_000
const MAX_OUTPUT_CHARACTERS = 100_000
const service = '/app/src'

async function loadAll(): Promise<void> {
  const files = readdirSync(service)
    .filter((file) => file.endsWith('.js') && file !== 'main.js')
    .sort()
  for (const file of files) await import(pathToFileURL(join(service, file)).href)
  process.stdout.write(`Loaded ${files.length} files.\n`)
}

async function askOnce(): Promise<void> {
  const child = spawn(process.execPath, ['src/main.js'], {
    cwd: '/app',
    env: { ...process.env, AI_OPS_ENV: 'LAB', OLLAMA_HOST: 'off' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS)
  const ended = once(child, 'exit')
  const body = JSON.stringify({ message: 'How many devices are there?' })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${await addressOf(child.stdout)}/api/v1/chat`, {
    method: 'POST',
    headers,
    body
  })
  if (!answer.ok) throw new Error(`The service answered ${answer.status}: ${await answer.text()}`)
  child.kill('SIGTERM')
  const [code] = await ended
  clearTimeout(timer)
  if (code !== 0) throw new Error(`The service ended with ${code}.`)
  process.stdout.write('Asked one question.\n')
}

function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    output.on('data', (chunk: Buffer) => {
      text = (text + String(chunk)).slice(-MAX_OUTPUT_CHARACTERS)
      const address = /"address":"([^"]+)"/.exec(text)?.[1]
      if (address) resolve(address)
    })
    output.once('end', () => reject(new Error(`The service ended before it listened:\n${text}`)))
  })
}

await loadAll()
await askOnce()
