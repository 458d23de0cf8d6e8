// Labels of areas: fetched from OpenStreetMap, read page by page.
import { api, ok, written, type Shape } from '../../api/client'
import { Problem } from '../../api/problem'
import { boxOf } from '../../map/layers'
import { t } from '../../i18n'

export type Label = Shape['LabelFeature']
type Area = Shape['AoiFeature']

const PAGE = 500
const MOST = 5_000
const INTERVAL = 1_000
const PATIENCE = 120_000
const RUNNING = 0
const FAILED = -1

/** Fetches the labels of an area anew and returns the area once they are there. */
export function fetchLabels(area: Area): Promise<Area> {
  const path = { aoi_id: area.properties.id }
  return stored(area, () => written(api.POST('/api/v1/labels/osm/fetch/{aoi_id}/', { params: { path }, body: {} })))
}

/** Adds the features of a GeoJSON text to an area and returns the area once they are there. */
export function uploadLabels(area: Area, geojson: string): Promise<Area> {
  const path = { aoi_id: area.properties.id }
  return stored(area, () => written(api.POST('/api/v1/labels/upload/{aoi_id}/', { params: { path }, body: JSON.parse(geojson) })))
}

async function stored(area: Area, send: () => Promise<unknown>): Promise<Area> {
  const path = { aoi_id: area.properties.id }
  const before = area.properties.label_fetched
  await send()
  const end = Date.now() + PATIENCE
  while (Date.now() < end) {
    const found = await ok(api.GET('/api/v1/aois/{aoi_id}/', { params: { path } }))
    const { label_status: status, label_error: error, label_fetched: fetched } = found.properties
    if (status === FAILED) throw new Problem(0, { title: t('labels.failed'), detail: error })
    if (status !== RUNNING && fetched !== before) return found
    await new Promise((resolve) => setTimeout(resolve, INTERVAL))
  }
  throw new Problem(503, { title: t('labels.failed') })
}

export async function loadLabels(areas: Area[]): Promise<Label[]> {
  return (await Promise.all(areas.map((area) => labelsOf(area.properties.id)))).flat()
}

async function labelsOf(aoi: number): Promise<Label[]> {
  const labels: Label[] = []
  while (labels.length < MOST) {
    const query = { aoi, limit: PAGE, offset: labels.length }
    const page = await ok(api.GET('/api/v1/labels/', { params: { query } }))
    labels.push(...page.results.features)
    if (!page.next) break
  }
  return labels
}

/** The area that a label lies in: the first whose box holds its first corner, else the first. */
export function areaOf(areas: Area[], label: GeoJSON.Polygon): number {
  const [lon, lat] = label.coordinates[0]![0] as [number, number]
  const holds = ({ geometry }: Area) => {
    const [west, south, east, north] = boxOf(geometry)!
    return west <= lon && lon <= east && south <= lat && lat <= north
  }
  return (areas.find(holds) ?? areas[0]!).properties.id
}
