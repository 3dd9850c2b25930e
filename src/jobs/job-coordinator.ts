/** Decides which process runs a job. */
export interface JobCoordinator {
  /**
   * The right to run this job now; undefined when somebody else has it.
   *
   * The function gives the right back and is called exactly once, when the run has truly ended.
   */
  claim(jobName: string): Promise<(() => Promise<void>) | undefined>
}

/** For a single process: a job is run by one at a time. */
export function createLocalJobCoordinator(): JobCoordinator {
  const claimed = new Set<string>()
  return {
    async claim(jobName) {
      if (claimed.has(jobName)) return undefined
      claimed.add(jobName)
      return async () => void claimed.delete(jobName)
    }
  }
}
