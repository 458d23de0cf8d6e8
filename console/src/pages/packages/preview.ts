// Files of a package on the map: vectors as they are, rasters in a ramp of colours.
import type { Map } from 'maplibre-gl'
import { Problem } from '../../api/problem'
import { t } from '../../i18n'
import { boxOf, fly, show } from '../../map/layers'
import { refused } from './refused'

export interface PackageFile {
  name: string
  title: string
  format: string
  address: string
  /** Of this file; undefined where only the sum of several is known. */
  bytes?: number
}
interface Resource {
  name: string
  title?: string
  format?: string
  path?: string | string[]
  bytes?: number
}
const NAME = 'preview'
const COLOR = '#0b6b5d'

/** Each file of the data package. */
export function filesOf(datapackage: unknown): PackageFile[] {
  const { resources = [] } = datapackage as { resources?: Resource[] }
  return resources.flatMap(({ name, title, format = '', path = [], bytes }) =>
    [path].flat().map((address, _, all) => ({ name: address.split('/').at(-1)!, title: title ?? name, format, address, bytes: all.length > 1 ? undefined : bytes })),
  )
}

export const canPreview = ({ name }: PackageFile) => /\.(pmtiles|tiff?|gpkg)$/i.test(name)

/** Shows a file, and says in words what colours mean, or what of it is not shown. Throws Problem with the reason where nothing can be shown. */
export async function preview(map: Map, { name, address }: PackageFile): Promise<string> {
  const absolute = new URL(address, location.href).href
  try {
    return await previewed(map, name, absolute)
  } catch (error) {
    // Readers of files throw TypeErrors as well, not only browsers that reach nothing.
    const isOffline = error instanceof TypeError && error.message.includes('fetch')
    throw error instanceof Problem || isOffline ? error : refused(t('preview.unreadable', { reason: String(error) }))
  }
}

async function previewed(map: Map, name: string, absolute: string): Promise<string> {
  if (/\.pmtiles$/i.test(name)) return previewTiles(map, absolute)
  return /\.gpkg$/i.test(name) ? previewFeatures(map, absolute) : previewRaster(map, absolute)
}

async function previewTiles(map: Map, address: string): Promise<string> {
  const { PMTiles } = await import('pmtiles')
  const tiles = new PMTiles(address)
  const [{ minLon, minLat, maxLon, maxLat }, metadata] = await Promise.all([tiles.getHeader(), tiles.getMetadata()])
  const names = ((metadata as { vector_layers?: { id: string }[] }).vector_layers ?? []).map(({ id }) => id)
  const layers = names.flatMap((layer) => vectorLayers().map((one) => ({ ...one, 'source-layer': layer })))
  show(map, NAME, { type: 'vector', url: `pmtiles://${address}` }, layers)
  fly(map, [minLon, minLat, maxLon, maxLat])
  return ''
}

async function previewFeatures(map: Map, address: string): Promise<string> {
  const { readGeoPackage } = await import('./geopackage')
  const { collection, isPart } = await readGeoPackage(address)
  if (!collection.features.length) throw refused(t('preview.no-features'))
  show(map, NAME, { type: 'geojson', data: collection }, vectorLayers())
  fly(map, boxOf({ coordinates: collection.features.map(({ geometry }) => coordinatesOf(geometry)) }))
  return isPart ? t('preview.part', { count: collection.features.length }) : ''
}

function coordinatesOf(geometry: GeoJSON.Geometry): unknown {
  return geometry.type === 'GeometryCollection' ? geometry.geometries.map(coordinatesOf) : geometry.coordinates
}

function vectorLayers() {
  const isOf = (type: string) => ['==', ['geometry-type'], type] as never
  return [
    { type: 'fill' as const, filter: isOf('Polygon'), paint: { 'fill-color': COLOR, 'fill-opacity': 0.35 } },
    { type: 'line' as const, paint: { 'line-color': COLOR, 'line-width': 1.5 } },
    { type: 'circle' as const, filter: isOf('Point'), paint: { 'circle-color': COLOR, 'circle-radius': 4 } },
  ]
}

async function previewRaster(map: Map, address: string): Promise<string> {
  const { readRaster } = await import('./raster')
  const { canvas, box, range } = await readRaster(address)
  const [west, south, east, north] = box
  show(map, NAME, { type: 'canvas', canvas, animate: false, coordinates: [[west, north], [east, north], [east, south], [west, south]] }, [
    { type: 'raster', paint: { 'raster-opacity': 0.85, 'raster-resampling': 'nearest' } },
  ])
  fly(map, box)
  const [low, high] = range.map((value) => value.toLocaleString(undefined, { maximumSignificantDigits: 4 })) as [string, string]
  return t('preview.range', { low, high })
}
