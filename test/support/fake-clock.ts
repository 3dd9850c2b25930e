import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Debian's package `faketime` has it; the loader fills in `$LIB`. */
const LIBRARY = '/usr/$LIB/faketime/libfaketimeMT.so.1'

/** A time of day that stands still until it is told another one, to the millisecond. Timers go on as they are. */
export interface FakeClock {
  /** Of the process that lives by it. */
  readonly env: Readonly<Record<string, string>>
  set(time: Date): void
  /** Ends the clock; its process has to have ended before. */
  remove(): void
}

/** For a process that only tells the time of day differently, by `+1h`. */
export function clockApart(offset: string): Readonly<Record<string, string>> {
  return { LD_PRELOAD: LIBRARY, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}

export function createFakeClock(start: Date): FakeClock {
  const directory = mkdtempSync(join(tmpdir(), 'ai-ops-clock-'))
  const file = join(directory, 'now')
  // The time of a file is quicker to look at than what is in it, and that happens with every command.
  const set = (time: Date) => utimesSync(file, time, time)
  writeFileSync(file, '')
  set(start)
  return {
    env: {
      // libc before the allocator that Redis is linked to: that one looks at the clock before the library is ready.
      LD_PRELOAD: `${LIBRARY} libc.so.6`,
      FAKETIME: '%',
      FAKETIME_FOLLOW_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      TZ: 'UTC'
    },
    set,
    remove: () => rmSync(directory, { recursive: true, force: true })
  }
}
