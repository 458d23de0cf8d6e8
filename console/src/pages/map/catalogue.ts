// What everybody may see: datasets, models and predictions, in one list with their places.
import { api, ok } from '../../api/client'

export type Kind = 'dataset' | 'model' | 'prediction'
export const KINDS: Kind[] = ['dataset', 'model', 'prediction']
const MOST = 100

export interface Entry {
  kind: Kind
  id: number
  title: string
  owner: string
  category: string
  point?: [number, number]
}

export async function loadCatalogue(): Promise<Entry[]> {
  return (await Promise.all([datasets(), models(), predictions()])).flat()
}

async function datasets(): Promise<Entry[]> {
  const [page, points] = await Promise.all([
    ok(api.GET('/api/v1/datasets/', { params: { query: { limit: MOST, visibility: 'public', status: 'built' } } })),
    ok(api.GET('/api/v1/datasets/centroid/')),
  ])
  const places = placesOf(points.features, 'id')
  return page.results.map((row) => ({
    kind: 'dataset', id: row.id, title: row.title, owner: row.user.username, category: row.category, point: places.get(row.id),
  }))
}

async function models(): Promise<Entry[]> {
  const [page, points] = await Promise.all([
    ok(api.GET('/api/v1/local-models/', { params: { query: { limit: MOST, visibility: 'public' } } })),
    ok(api.GET('/api/v1/models/centroid/')),
  ])
  const places = placesOf(points.features, 'mid')
  return page.results.map((row) => ({
    kind: 'model', id: row.id, title: row.title || row.name, owner: row.user.username, category: row.category, point: places.get(row.id),
  }))
}

async function predictions(): Promise<Entry[]> {
  const [page, points] = await Promise.all([
    ok(api.GET('/api/v1/public-predictions/', { params: { query: { limit: MOST } } })),
    ok(api.GET('/api/v1/public-predictions/centroid/')),
  ])
  const places = placesOf(points.features, 'id')
  return page.results.map((row) => ({
    kind: 'prediction', id: row.id, title: row.description || `#${row.id}`, owner: row.user.username, category: row.category ?? '',
    point: places.get(row.id),
  }))
}

interface Pointed {
  geometry: object
  properties: object
}

function placesOf(features: Pointed[], key: string): Map<number, [number, number]> {
  const pairs = features.map(({ geometry, properties }) => [
    (properties as Record<string, number>)[key],
    (geometry as GeoJSON.Point).coordinates,
  ])
  return new Map(pairs as [number, [number, number]][])
}

/** Entries whose words contain all words of the text. */
export function matching(entries: Entry[], text: string, kinds: Record<Kind, boolean>): Entry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const said = (entry: Entry) => `${entry.title} ${entry.owner} ${entry.category} ${entry.kind}`.toLowerCase()
  return entries.filter((entry) => kinds[entry.kind] && words.every((word) => said(entry).includes(word)))
}

/** A position written as `latitude, longitude`. */
export function positionIn(text: string): [number, number] | undefined {
  const found = /^\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text)
  if (!found) return undefined
  const [lat, lon] = [Number(found[1]), Number(found[2])]
  return Math.abs(lat) <= 85 && Math.abs(lon) <= 180 ? [lon, lat] : undefined
}

export function pointsOf(entries: Entry[]): GeoJSON.FeatureCollection {
  const features = entries.filter((entry) => entry.point).map((entry) => ({
    type: 'Feature' as const,
    properties: { kind: entry.kind, id: entry.id },
    geometry: { type: 'Point' as const, coordinates: entry.point! },
  }))
  return { type: 'FeatureCollection', features }
}
