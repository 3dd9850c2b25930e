import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { userInfo } from 'node:os'

// Tests look for lines, and for secrets, in all that a service has printed: a few hundred calls are some 300,000 characters.
const MAX_OUTPUT_CHARACTERS = 50_000_000
const MAX_LINE_CHARACTERS = 200_000
const MAX_SHOWN_CHARACTERS = 20_000
const STOP_GRACE_MS = 10_000

/** What to start. `env` replaces the environment of this process, it is not added to it. */
export type ProcessOptions = {
  command: string
  args: string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  /** The user to become; only root may ask for another one. */
  user?: string
  /** What ends it in an orderly way; also sent by the kernel when this process dies, however it dies. */
  stopSignal?: 'SIGTERM' | 'SIGINT'
  onLine?: (line: string) => void
}

/** A child process, owned by whoever started it and ended with `stop()`. */
export type RunningProcess = {
  pid: number
  /** Standard output and error: the last 50,000,000 characters, from the beginning of a line. */
  output: () => string
  /** Settles with the exit code, or null when a signal ended it. */
  exited: Promise<number | null>
  /** Resolves when the output has matched, rejects with the output on exit or after `timeoutMs`. */
  waitForOutput: (pattern: RegExp, timeoutMs: number) => Promise<void>
  /** Asks, waits 10 s, kills. May be called twice. */
  stop: () => Promise<void>
  /** Kills at once, as a crash would. */
  kill: () => Promise<void>
}

/** A command that ended with another exit code than 0. The message carries the end of its output. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

// A killed runner must leave nothing behind, and no handler of ours runs then: the kernel sends the signal. A child in its own
// session does not hear the terminal's Ctrl-C, so that its owner can stop things in order.
function launch(options: ProcessOptions): ChildProcess {
  const own = userInfo().username
  const become =
    options.user && options.user !== own
      ? [`--reuid=${options.user}`, `--regid=${options.user}`, '--init-groups']
      : []
  const signal = (options.stopSignal ?? 'SIGTERM').slice('SIG'.length)
  return spawn(
    'setpriv',
    [...become, `--pdeathsig=${signal}`, '--', options.command, ...options.args],
    {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true
    }
  )
}

/** At most `kept` characters of what was printed, from the beginning of a line where there is one. */
export function endOf(text: string, kept: number): string {
  if (text.length <= kept) return text
  const from = text.indexOf('\n', text.length - kept - 1)
  return text.slice(from < 0 || from === text.length - 1 ? -kept : from + 1)
}

function collectOutput(child: ChildProcess, { onLine }: ProcessOptions) {
  let text = ''
  let rest = ''
  const watchers = new Set<() => void>()
  const take = (chunk: string) => {
    text = endOf(text + chunk, MAX_OUTPUT_CHARACTERS)
    if (onLine) {
      const lines = (rest + chunk).split('\n')
      rest = (lines.pop() ?? '').slice(-MAX_LINE_CHARACTERS)
      lines.forEach(onLine)
    }
    for (const watcher of [...watchers]) watcher()
  }
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', take)
  return { text: () => text, watchers }
}

function waiter(output: ReturnType<typeof collectOutput>, exited: Promise<number | null>) {
  return (pattern: RegExp, timeoutMs: number) =>
    new Promise<void>((resolve, reject) => {
      const finish = (error?: Error) => {
        clearTimeout(timer)
        output.watchers.delete(look)
        if (error) reject(error)
        else resolve()
      }
      const look = () => pattern.test(output.text()) && finish()
      const fail = (why: string) =>
        finish(
          new CommandError(
            `${why} before ${pattern}:\n${endOf(output.text(), MAX_SHOWN_CHARACTERS)}`
          )
        )
      const timer = setTimeout(() => fail(`nothing for ${timeoutMs} ms`), timeoutMs)
      output.watchers.add(look)
      exited.then((code) => fail(`ended with ${code}`), fail)
      look()
    })
}

// The whole group: what the child has started holds the pipes open, and would be left behind.
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Gone meanwhile.
  }
}

/** Starts a process that dies with this one, `kill -9` included. A command that cannot be started rejects `exited`. */
export function startProcess(options: ProcessOptions): RunningProcess {
  const child = launch(options)
  const output = collectOutput(child, options)
  const exited = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : null))
  let ended = false
  const markEnded = () => {
    ended = true
  }
  exited.then(markEnded, markEnded)
  const end = async (signal: NodeJS.Signals) => {
    const send = (what: NodeJS.Signals) => ended || signalGroup(child, what)
    send(signal)
    const killer = setTimeout(() => send('SIGKILL'), STOP_GRACE_MS)
    await exited.catch(() => undefined)
    clearTimeout(killer)
  }
  return {
    pid: child.pid ?? 0,
    output: output.text,
    exited,
    waitForOutput: waiter(output, exited),
    stop: () => end(options.stopSignal ?? 'SIGTERM'),
    kill: () => end('SIGKILL')
  }
}

/**
 * Runs a command to its end and returns what it printed.
 * @throws CommandError on another exit code than 0, or after `timeoutMs`, when it is killed.
 */
export async function runCommand(options: ProcessOptions & { timeoutMs: number }): Promise<string> {
  const running = startProcess(options)
  let late = false
  const timer = setTimeout(() => {
    late = true
    running.kill().catch(() => undefined)
  }, options.timeoutMs)
  const code = await running.exited.finally(() => clearTimeout(timer))
  if (code === 0) return running.output()
  const why = late ? `took longer than ${options.timeoutMs} ms` : `ended with ${code}`
  throw new CommandError(
    `${options.command} ${options.args.join(' ').slice(0, 200)} ${why}:\n${running.output().slice(-4_000)}`
  )
}
