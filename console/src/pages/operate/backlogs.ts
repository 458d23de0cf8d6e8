// Messages that wait, as the platform records them on channels of its own.
import { api, ok } from '../../api/client'
import { loadCurves } from '../../api/curves'

export interface Backlog {
  consumer: string
  waiting: number
  most: number
}
const WINDOW = 30 * 60_000
const BINS = 30

export async function loadBacklogs(): Promise<Backlog[]> {
  const query = { backend: 'queues', search_text: '/pending$' }
  const { channels } = await ok(api.GET('/api/v1/channels/search', { params: { query } }))
  const curves = await loadCurves(channels, WINDOW, BINS)
  const rows = curves.map(({ name, points, high }) => ({
    consumer: name.replace(/\/pending$/, ''), waiting: points.at(-1)?.[1] ?? 0, most: Math.max(0, ...high.map(([, value]) => value), ...points.map(([, value]) => value)),
  }))
  return rows.sort((a, b) => b.waiting - a.waiting || b.most - a.most || a.consumer.localeCompare(b.consumer))
}
