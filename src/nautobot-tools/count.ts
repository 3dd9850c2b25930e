import type { Asker } from './asker.ts'
import { blindSpots } from './blind-spots.ts'
import { askCount, type Counted, type Group } from './counting.ts'
import { toQuery } from './filter.ts'
import { readFilters } from './filters.ts'
import { findModel } from './find-model.ts'
import { askByName, readAs } from './inexact-names.ts'
import type { ModelDirectory } from './model-directory.ts'
import { groupLinks, listLink } from './proof-links.ts'
import type { CountInput } from './tool-input.ts'
import { success } from './tool-output.ts'

function labelsOf({ values, labels }: Group): string[] {
  return values.map((value, index) => {
    if (value === null) return '(none)'
    return labels[index] ?? '(not visible to you)'
  })
}

function moreGap({ groups, more }: Counted, fields: string): string {
  return (
    `The ${groups.length} largest groups by ${fields} are shown; ${more.groups} more groups with ` +
    `${more.objects} objects are not listed. A filter, a larger top or a field with fewer values shows more.`
  )
}

function gapsOf(groupBy: readonly string[], counted: Counted): string[] {
  const { groups, more, overlapping } = counted
  const fields = groupBy.join(' and ')
  const hidden = groupBy.filter((_, index) =>
    groups.some(({ values, labels }) => values[index] !== null && labels[index] === null)
  )
  return [
    ...(more.groups > 0 ? [moreGap(counted, fields)] : []),
    ...hidden.map((field) => `Some names of ${field} are hidden: your rights do not show them.`),
    ...(overlapping ? [`An object with several values of ${fields} counts in each group.`] : [])
  ]
}

/** A group as the model reads it: one label, or one for each field. */
function rowOf(group: Group) {
  const labels = labelsOf(group)
  const named = labels.length === 1 ? { label: labels[0] } : { labels }
  return { ...named, count: group.count }
}

function groupsOf(groupBy: readonly string[], { groups, more }: Counted) {
  if (groupBy.length === 0) return {}
  const rest = more.groups > 0 && { more }
  return {
    group_by: groupBy.length === 1 ? groupBy[0] : groupBy,
    groups: groups.map(rowOf),
    ...rest
  }
}

/** How many objects match; warm, one request to Nautobot. */
export async function count(
  input: CountInput,
  asker: Asker,
  directory: ModelDirectory,
  nowMs: number
) {
  const { models } = await directory.models(asker)
  const model = findModel(models, input.model)
  const { objectType } = model
  const description = await directory.describe(objectType, asker)
  const { group_by: groupBy, top } = input
  const grouping = groupBy.length > 0 && { group_by: groupBy, ...(top && { top }) }
  const asked = readFilters(input.filters, description, nowMs)
  const around = { asker, models, model, description, filters: asked.filters }
  const { answer: counted, filters } = await askByName(around, {
    ask: (used) => askCount(asker, objectType, { ...toQuery(used), ...grouping }),
    isEmpty: (answer) => answer.count === 0
  })
  const gaps =
    counted.count === 0 ? await blindSpots({ ...around, filters }) : gapsOf(groupBy, counted)
  const shown = counted.groups.map((group) => ({ ...group, label: labelsOf(group).join(', ') }))
  return success(
    {
      model: objectType,
      count: counted.count,
      ...readAs(input.filters, filters),
      ...groupsOf(groupBy, counted),
      ...(gaps.length > 0 && { gaps })
    },
    {
      ...(groupBy.length > 0 && { rows: shown.length }),
      count: counted.count,
      links: [
        ...listLink(asker.publicUrl, model, filters, counted.count),
        ...groupLinks(asker.publicUrl, model, filters, shown)
      ],
      gaps
    }
  )
}
