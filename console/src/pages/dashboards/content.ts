// The content of a dashboard while it is edited: what was read, and what becomes of it.
import { api, ok, type Shape } from '../../api/client'
import { Problem } from '../../api/problem'
import type { WidgetContent } from './Widget.svelte'

type Channel = Shape['Channel']
export interface Content {
  widgets: WidgetContent[]
  /** Names what was read, so that nobody's work is overwritten. */
  etag: string
}
const HEIGHT = 8
const WIDTH = 6
const MOST_FOUND = 30

export async function readContent(dashboard_id: string): Promise<Content> {
  const { data, error, response } = await api.GET('/api/v1/dashboard/{dashboard_id}', { params: { path: { dashboard_id } } })
  if (!data) throw new Problem(response.status, error as object)
  return { widgets: (data.dashboard as { widgets: WidgetContent[] }).widgets, etag: response.headers.get('etag') ?? '' }
}

/** Stores the widgets as a new version. Throws Problem where somebody else was quicker. */
export async function saveContent(dashboard_id: string, { widgets, etag }: Content, message: string): Promise<void> {
  const params = { path: { dashboard_id }, query: { message }, header: { 'if-match': etag } }
  await ok(api.PATCH('/api/v1/dashboard/{dashboard_id}', { params, body: { dashboard: { widgets } as never } }))
}

/** Stores an empty dashboard and returns its id. */
export async function createDashboard(title: string): Promise<string> {
  const { id } = await ok(api.POST('/api/v1/dashboard/', { body: { dashboard: { widgets: [] } as never } }))
  await ok(api.PATCH('/api/v1/dashboard/{dashboard_id}/details', { params: { path: { dashboard_id: id } }, body: { title } as never }))
  return id
}

/** Channels whose names contain the text. */
export async function findChannels(text: string): Promise<Shape['Channels']> {
  const query = { search_text: text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), limit: MOST_FOUND }
  return ok(api.GET('/api/v1/channels/search', { params: { query } }))
}

/** A panel below all others. */
export function newPanel(title: string, channels: Channel[], widgets: WidgetContent[]): WidgetContent {
  const y = widgets.reduce((bottom, { layout }) => Math.max(bottom, (layout?.y ?? 0) + (layout?.h ?? 0)), 0)
  const layout = { i: crypto.randomUUID(), x: 0, y, w: WIDTH, h: HEIGHT }
  const plotSettings = { plotTitle: title, manualAxisAssignment: false, curveAttributes: {}, yAxisAttributes: [] }
  return { channels, layout, plotSettings }
}

export const titleOf = ({ plotSettings, channels }: WidgetContent) => plotSettings?.plotTitle || channels[0]?.name || ''
export const keyOf = ({ backend, name }: Pick<Channel, 'backend' | 'name'>) => `${backend}/${name}`
