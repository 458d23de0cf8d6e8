// Curves of channels over a window that ends now.
import { api, ok } from './client'

export interface ChannelName {
  name: string
  backend?: string | null
}
type Point = [number, number]
export interface LoadedCurve {
  name: string
  /** Milliseconds and values, in order. */
  points: Point[]
  low: Point[]
  high: Point[]
  problem?: string
}
const MOST_AT_ONCE = 50
const NANOSECONDS = 1_000_000

export async function loadCurves(channels: ChannelName[], window: number, bins: number): Promise<LoadedCurve[]> {
  const parts = Array.from({ length: Math.ceil(channels.length / MOST_AT_ONCE) }, (_, index) => channels.slice(index * MOST_AT_ONCE, (index + 1) * MOST_AT_ONCE))
  return (await Promise.all(parts.map((part) => loadPart(part, window, bins)))).flat()
}

async function loadPart(channels: ChannelName[], window: number, bins: number): Promise<LoadedCurve[]> {
  const end_time = Date.now()
  const curves = channels.map(({ name, backend }) => ({ channel_name: name, backend, begin_time: end_time - window, end_time, num_bins: bins }))
  const body = { curves } as never // the document wants all members, the API their defaults
  const found = await ok(api.POST('/api/v1/channels/curves', { body }))
  return (found.curves as Answer[]).map((answer, index) => read(channels[index]!.name, answer))
}

interface Answer {
  curve?: Record<string, Record<string, number>>
  detail?: string
}

function read(name: string, { curve = {}, detail }: Answer): LoadedCurve {
  const points = (suffix: string) => pointsOf(curve[`${name}${suffix}`])
  return { name, points: points(''), low: points('_min'), high: points('_max'), problem: detail }
}

function pointsOf(values: Record<string, number> = {}): Point[] {
  const points = Object.entries(values).map(([time, value]): Point => [Number(time) / NANOSECONDS, value])
  return points.filter(([, value]) => Number.isFinite(value)).sort(([a], [b]) => a - b)
}
