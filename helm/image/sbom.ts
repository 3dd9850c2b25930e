/** The parts of a CycloneDX document that are cut here; the rest travels as it is. */
export interface Bom {
  readonly components: readonly Component[]
  readonly dependencies: readonly Dependency[]
}

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly scope?: string
}

interface Dependency {
  readonly ref: string
  readonly dependsOn?: readonly string[]
}

/**
 * Only what is shipped. npm takes packages whose code ends up in the chat's script for tools of the build.
 * @param shipped `name@version`.
 */
export function keepComponents(bom: Bom, shipped: ReadonlySet<string>): Bom {
  const dropped = new Set(
    bom.components
      .filter(({ name, version }) => !shipped.has(`${name}@${version}`))
      .map((component) => component['bom-ref'])
  )
  const isKept = (ref: string) => !dropped.has(ref)
  return {
    ...bom,
    components: bom.components
      .filter((component) => isKept(component['bom-ref']))
      .map((component) => ({ ...component, scope: 'required' })),
    dependencies: bom.dependencies
      .filter(({ ref }) => isKept(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter(isKept) }))
  }
}
