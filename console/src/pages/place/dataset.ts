// Makes the dataset of a place. Where labels have to be moved it is a draft first, which keeps by how much.
import { api, written, type Shape } from '../../api/client'
import { t } from '../../i18n'
import type { Place } from './place.svelte'

type Dataset = Shape['Dataset']
/** Footprints serve models of every task. */
const KIND = {
  label_tasks: ['semantic-segmentation', 'object-detection', 'classification'], label_source: 'stored', label_classes: [{ name: 'building', classes: ['*'] }],
  keywords: ['building', 'polygon'], geometry_type: 'polygon',
} satisfies Partial<Shape['BuildBody']>

export async function buildDataset(place: Place): Promise<Dataset> {
  if (place.dataset || place.offset.some(Boolean)) return buildDraft(place, place.dataset ?? (await draft(place)))
  return written(api.POST('/api/v1/datasets/build/', { body: {
    ...KIND, title: place.title.trim(), description: t('build.description'), source_imagery: place.imagery, zoom: place.zoom, category: place.category,
    aoi_ids: place.areas.map((area) => area.properties.id),
  } }))
}

async function draft(place: Place): Promise<Dataset> {
  const body = { title: place.title.trim(), source_imagery: place.imagery, category: place.category }
  return (place.dataset = await written(api.POST('/api/v1/datasets/', { body })))
}

async function buildDraft(place: Place, { id }: Dataset): Promise<Dataset> {
  const path = { dataset_id: id }
  await written(api.PATCH('/api/v1/datasets/{dataset_id}/', { params: { path }, body: { offset: place.offset } }))
  for (const { properties } of place.areas) {
    await written(api.PATCH('/api/v1/aois/{aoi_id}/', { params: { path: { aoi_id: properties.id } }, body: { properties: { dataset: id } } }))
  }
  return written(api.POST('/api/v1/datasets/{dataset_id}/build/', { params: { path }, body: { ...KIND, description: t('build.description'), zoom: place.zoom } }))
}
