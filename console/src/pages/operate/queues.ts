// What the platform records of its queues on channels of its own: messages that wait, seconds that jobs waited.
import { api, ok } from '../../api/client'
import { loadCurves } from '../../api/curves'

export interface Queue {
  name: string
  now: number
  most: number
}
const WINDOW = 30 * 60_000
const BINS = 30

/** Of every channel `<name>/<suffix>`, the fullest first. */
export async function loadQueues(suffix: 'pending' | 'wait'): Promise<Queue[]> {
  const query = { backend: 'queues', search_text: `/${suffix}$` }
  const { channels } = await ok(api.GET('/api/v1/channels/search', { params: { query } }))
  const curves = await loadCurves(channels, WINDOW, BINS)
  const rows = curves.map(({ name, points, high }) => ({
    name: name.slice(0, -suffix.length - 1), now: points.at(-1)?.[1] ?? 0, most: Math.max(0, ...high.map(([, value]) => value), ...points.map(([, value]) => value)),
  }))
  return rows.sort((a, b) => b.now - a.now || b.most - a.most || a.name.localeCompare(b.name))
}

export interface JobGroup extends Queue {
  /** Seconds that the job which was begun last has waited, and the longest wait. */
  wait: number
  longest: number
}

/** Durables of jobs, each with workers of its own. */
export async function loadJobGroups(): Promise<JobGroup[]> {
  const [pending, waits] = await Promise.all([loadQueues('pending'), loadQueues('wait')])
  const byName = new Map(waits.map((queue) => [queue.name, queue]))
  return pending.filter(({ name }) => name.startsWith('JOBS/')).map((queue) => ({ ...queue, wait: byName.get(queue.name)?.now ?? 0, longest: byName.get(queue.name)?.most ?? 0 }))
}
