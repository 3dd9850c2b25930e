import { type Finding, warn } from './finding.ts'

const MAX_AT_A_TIME = 4
/** Of each kind: the doctor is waited for. */
const MAX_EXAMINED = 50

/** A few at a time, in their order. */
export async function inTurn<T>(
  kind: string,
  objects: readonly T[],
  examine: (object: T) => Promise<Finding[]>
): Promise<Finding[]> {
  const examined = objects.slice(0, MAX_EXAMINED)
  const findings: Finding[] = []
  for (let place = 0; place < examined.length; place += MAX_AT_A_TIME) {
    const few = await Promise.all(examined.slice(place, place + MAX_AT_A_TIME).map(examine))
    findings.push(...few.flat())
  }
  const beyond = objects.length - examined.length
  if (beyond > 0)
    findings.push(
      warn(kind, `${beyond} more are not looked at.`, 'Look at them one by one, by the API.')
    )
  return findings
}
