// What the card of an entry shows: figures, licence, lineage, and what is drawn on the map.
import { api, ok, type Shape } from '../../api/client'
import { t } from '../../i18n'
import { metricNames } from '../../ui/metrics'
import { reliabilityOf, type Reliability } from '../../ui/reliability'
import { tasksOf, wordsOf } from '../../ui/tasks'
import type { Entry, Kind } from './catalogue'

export interface Ancestor {
  kind: Kind | 'base-model' | 'training'
  title: string
  /** Of an entry that the card can open. */
  id?: number
}

export interface Card {
  geometry?: object
  imagery?: string
  files: Record<string, string>
  figures: [string, string][]
  reliability?: Reliability
  licence?: string
  lineage: Ancestor[]
  description: string
}

const MOST = 100

interface Item {
  geometry?: object
  properties?: Record<string, unknown>
}

export async function loadCard(entry: Entry): Promise<Card> {
  return { dataset: datasetCard, model: modelCard, prediction: predictionCard }[entry.kind](entry.id)
}

async function datasetCard(id: number): Promise<Card> {
  const row = await ok(api.GET('/api/v1/datasets/{dataset_id}/', { params: { path: { dataset_id: id }, query: { expand: 'stac' } } }))
  const { geometry, properties = {} } = (row.stac ?? {}) as Item
  const figures: [string, string][] = [
    [t('figure.chips'), text(properties['fair:chip_count'] ?? row.chip_count)],
    [t('figure.labels'), text(row.outcome?.labels.done)],
    [t('figure.models'), text(row.models_count)],
    [t('figure.zoom'), text(row.zoom)],
  ]
  const lineage: Ancestor[] = [{ kind: 'dataset', title: row.title, id }]
  return { geometry, imagery: row.source_imagery, files: {}, figures, licence: licence(properties), lineage, description: describe(properties) }
}

async function modelCard(id: number): Promise<Card> {
  const row = await ok(api.GET('/api/v1/local-models/{model_id}/', { params: { path: { model_id: id }, query: { expand: 'stac' } } }))
  const { geometry, properties = {} } = (row.stac ?? {}) as Item
  const lineage = [...ancestors(row, properties), { kind: 'model' as const, title: row.title || row.name, id }]
  const figures: [string, string][] = [[t('figure.task'), wordsOf(tasksOf(properties)).join(', ') || text(undefined)], ...metrics(properties)]
  const reliability = reliabilityOf(properties['fair:metrics'] as object | undefined)
  return { geometry, files: {}, figures, reliability, licence: licence(properties), lineage, description: describe(properties) }
}

async function predictionCard(id: number): Promise<Card> {
  const path = { prediction_id: id }
  const row = await ok(api.GET('/api/v1/public-predictions/{prediction_id}/', { params: { path } }))
  const figures: [string, string][] = [
    [t('figure.features'), text(row.outcome?.features.done)],
    [t('figure.tiles'), text(row.outcome?.tiles.done)],
    [t('figure.zoom'), text(row.zoom)],
  ]
  const files = (row.assets ?? {}) as Record<string, string>
  const lineage = [...(await modelOf(row)), { kind: 'prediction' as const, title: row.description || `#${id}`, id }]
  return { geometry: row.geometry, imagery: row.image_uri, files, figures, lineage, description: row.description }
}

/** The model of a prediction with what it came from; nothing where the model is not public. */
async function modelOf(prediction: Shape['Prediction']): Promise<Ancestor[]> {
  const query = { limit: MOST, expand: 'stac', visibility: 'public' as const }
  const { results } = await ok(api.GET('/api/v1/local-models/', { params: { query } }))
  const row = results.find((row) => row.stac_item_id === prediction.local_model_stac_id)
  if (!row) return [{ kind: 'model', title: prediction.local_model_stac_id }]
  const { properties = {} } = (row.stac ?? {}) as Item
  return [...ancestors(row, properties), { kind: 'model', title: row.title || row.name, id: row.id }]
}

function ancestors(row: Shape['LocalModelRow'], properties: Record<string, unknown>): Ancestor[] {
  const seconds = properties['fair:training_duration_seconds']
  return [
    { kind: 'dataset', title: text(properties['fair:dataset_id']) },
    { kind: 'base-model', title: text(properties['fair:base_model_title'] ?? row.base_model_name) },
    { kind: 'training', title: t('lineage.training', { id: row.published_training ?? '?', minutes: Math.ceil(Number(seconds ?? 0) / 60) }) },
  ]
}

function metrics(properties: Record<string, unknown>): [string, string][] {
  const values = (properties['fair:metrics'] ?? {}) as Record<string, number>
  const names = Object.entries(metricNames(properties))
  return names.filter(([key]) => key in values).map(([key, name]) => [name, Number(values[key]).toFixed(3)])
}

const text = (value: unknown) => (value === undefined || value === null ? '–' : String(value))
const licence = (properties: Record<string, unknown>) => properties['license'] as string | undefined
const describe = (properties: Record<string, unknown>) => (properties['description'] as string | undefined) ?? ''
