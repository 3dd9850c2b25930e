import type { CatalogEvent } from '../catalog/catalog-invalidation.ts'
import type { ModelDirectory } from '../nautobot-tools/model-directory.ts'
import type { SavedQueries } from '../nautobot-tools/saved-queries.ts'

const SAVED_QUERY = /\.extras\.graphqlquery$/
/** What models, fields, filters and allowed values are made of, and who may see them. */
const SCHEMA =
  /\.(?:extras\.(?:customfield|customfieldchoice|computedfield|relationship|role|status|tag)|users\.objectpermission)$/

export interface ToolKnowledge {
  readonly directory: Pick<ModelDirectory, 'forget'>
  readonly savedQueries: Pick<SavedQueries, 'forget'>
}

/** Drops what the tools know of Nautobot when an event says that it has changed; without an event, all of it. */
export function forgetChanged(
  event: CatalogEvent | undefined,
  { directory, savedQueries }: ToolKnowledge
): void {
  if (!event || SAVED_QUERY.test(event.topic)) savedQueries.forget()
  if (!event || SCHEMA.test(event.topic)) directory.forget()
}
