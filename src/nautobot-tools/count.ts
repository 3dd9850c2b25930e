import type { Asker } from './asker.ts'
import { blindSpots } from './blind-spots.ts'
import { askCount, type Counted } from './counting.ts'
import { explain } from './explain.ts'
import { readFilters, toQuery } from './filters.ts'
import { findModel } from './find-model.ts'
import type { ModelDirectory } from './model-directory.ts'
import { listLink } from './proof-links.ts'
import type { CountInput } from './tool-input.ts'
import { success } from './tool-output.ts'

type Group = Counted['groups'][number]

function groupLabel({ value, label }: Group): string | number | boolean {
  if (value === null) return '(none)'
  return label ?? '(hidden)'
}

function gapsOf(groupBy: string, { groups, more, overlapping }: Counted): string[] {
  const hidden = groups.some(({ value, label }) => value !== null && label === null)
  return [
    ...(more ? [`Only the ${groups.length} largest groups by ${groupBy} are shown.`] : []),
    ...(hidden ? [`Some names of ${groupBy} are hidden: your rights do not show them.`] : []),
    ...(overlapping ? [`An object with several ${groupBy} counts in each of its groups.`] : [])
  ]
}

/** How many objects match; warm, one request to Nautobot. */
export async function count(input: CountInput, asker: Asker, directory: ModelDirectory) {
  const { models } = await directory.models(asker)
  const model = findModel(models, input.model)
  const { objectType } = model
  const description = await directory.describe(objectType, asker)
  const { filters } = readFilters(input.filters, description)
  const { group_by, top } = input
  const query = {
    ...toQuery(filters),
    ...(group_by && { group_by }),
    ...(group_by && top && { top })
  }
  const around = { asker, models, model, description, filters }
  const counted = await askCount(asker, objectType, query).catch(async (error: unknown) => {
    throw await explain(error, around)
  })
  const rows = counted.groups.map((group) => ({ label: groupLabel(group), count: group.count }))
  const gaps = counted.count === 0 ? await blindSpots(around) : gapsOf(group_by ?? '', counted)
  const grouped = group_by && { group_by, groups: rows, more: counted.more }
  return success(
    { model: objectType, count: counted.count, ...grouped, ...(gaps.length > 0 && { gaps }) },
    {
      ...(group_by && { rows: rows.length }),
      count: counted.count,
      links: listLink(asker.publicUrl, model, filters, counted.count),
      gaps
    }
  )
}
