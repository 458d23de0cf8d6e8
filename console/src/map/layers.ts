// Sources and layers of maps, each under a name; adding a name again replaces what it had.
import type { CanvasSourceSpecification, ExpressionSpecification, GeoJSONSource, LayerSpecification, LngLatBoundsLike, Map, SourceSpecification } from 'maplibre-gl'
import { AT_REST } from './pace'

/** Dark and light, readable over imagery: low confidence is orange, high is blue. */
export const BY_CONFIDENCE: ExpressionSpecification = [
  'interpolate', ['linear'], ['coalesce', ['to-number', ['get', 'confidence']], 1], 0.3, '#d95f02', 0.65, '#f2c14e', 1, '#1f78b4',
]

/** Aerial imagery shows nothing from further away, and most servers have no tiles there. */
const LEAST_ZOOM = 12

type Layer = LayerSpecification extends infer L ? (L extends { source: string } ? Omit<L, 'source' | 'id'> : never) : never

export function show(map: Map, name: string, source: SourceSpecification | CanvasSourceSpecification, layers: Layer[], before?: string): void {
  hide(map, name)
  map.addSource(name, source)
  const below = before && map.getLayer(before) ? before : undefined
  layers.forEach((layer, index) => map.addLayer({ ...layer, id: `${name}-${index}`, source: name } as LayerSpecification, below))
}

/** Outlines of many features. */
export function featureLines(color: string | ExpressionSpecification, width: number): Layer {
  return { type: 'line', metadata: AT_REST, paint: { 'line-color': color, 'line-width': width, 'line-opacity-transition': { duration: 0 } } }
}

export function hide(map: Map, name: string): void {
  for (const layer of map.getStyle().layers.filter((layer) => 'source' in layer && layer.source === name)) map.removeLayer(layer.id)
  if (map.getSource(name)) map.removeSource(name)
}

export function setData(map: Map, name: string, data: GeoJSON.GeoJSON): void {
  map.getSource<GeoJSONSource>(name)?.setData(data)
}

/** Imagery below everything but the ground. */
export function showImagery(map: Map, address: string): void {
  const source: SourceSpecification = { type: 'raster', tiles: [address.replace('{-y}', '{y}')], tileSize: 256, minzoom: LEAST_ZOOM, maxzoom: 22 }
  if (address.includes('{-y}')) source.scheme = 'tms'
  const above = map.getStyle().layers.find((layer) => !['ground', 'graticule'].includes(layer.id) && !layer.id.startsWith('imagery'))
  show(map, 'imagery', source, [{ type: 'raster' }], above?.id)
}

export function showOutline(map: Map, name: string, data: GeoJSON.GeoJSON, color = '#0b6b5d'): void {
  show(map, name, { type: 'geojson', data }, [
    { type: 'line', paint: { 'line-color': '#ffffff', 'line-width': 4, 'line-opacity': 0.7 } },
    { type: 'line', paint: { 'line-color': color, 'line-width': 2 } },
  ])
}

/** West, south, east, north of any geometry; undefined for one without positions. */
export function boxOf(geometry: unknown): [number, number, number, number] | undefined {
  const positions = [...positionsOf((geometry as { coordinates?: unknown } | null)?.coordinates)]
  if (!positions.length) return undefined
  const [lons, lats] = [positions.map(([lon]) => lon), positions.map(([, lat]) => lat)]
  return [least(lons), least(lats), -least(lons.map((lon) => -lon)), -least(lats.map((lat) => -lat))]
}

function* positionsOf(value: unknown): Generator<[number, number]> {
  if (!Array.isArray(value)) return
  if (typeof value[0] === 'number') yield value as [number, number]
  else for (const part of value) yield* positionsOf(part)
}

const least = (values: number[]) => values.reduce((a, b) => Math.min(a, b))

export function fly(map: Map, box: LngLatBoundsLike | undefined): void {
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
  if (box) map.fitBounds(box, { padding: 40, maxZoom: 18, duration: isCalm ? 0 : 800 })
}
