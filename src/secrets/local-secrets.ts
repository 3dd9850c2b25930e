import type { Secret } from '../platform/secret.ts'
import type { ConfiguredObject, SecretResolver } from './secret-resolver.ts'

/**
 * Puts the keys of objects that the environment describes in front of a resolver. The map is the
 * allow-list: an object that is not in it is asked for in Nautobot, and nothing else is looked at.
 *
 * @param byId keys by the object's id in the catalog.
 */
export function withLocalSecrets(
  resolver: SecretResolver,
  byId: ReadonlyMap<string, Secret>
): SecretResolver {
  const isLocal = (object: ConfiguredObject) => byId.has(object.id)
  return {
    ...resolver,
    resolve: async (kind, object, context) =>
      isLocal(object)
        ? { address: object.address, secret: byId.get(object.id) }
        : resolver.resolve(kind, object, context)
  }
}
