// Files of a package on the map: vector tiles as they are, rasters in a ramp of colours.
import type { Map } from 'maplibre-gl'
import { Problem } from '../../api/problem'
import { t } from '../../i18n'
import { fly, show } from '../../map/layers'

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
const MOST_PIXELS = 512
/** Of longitude and latitude in degrees, the only coordinates that need no projection here. */
const DEGREES = 4326
const LOW = [68, 1, 84]
const HIGH = [253, 231, 37]

/** Each file of the data package. */
export function filesOf(datapackage: unknown): PackageFile[] {
  const { resources = [] } = datapackage as { resources?: Resource[] }
  return resources.flatMap(({ name, title, format = '', path = [], bytes }) =>
    [path].flat().map((address, _, all) => ({ name: address.split('/').at(-1)!, title: title ?? name, format, address, bytes: all.length > 1 ? undefined : bytes })),
  )
}

export const canPreview = ({ name }: PackageFile) => /\.(pmtiles|tiff?)$/i.test(name)

export async function preview(map: Map, { name, address }: PackageFile): Promise<void> {
  const absolute = new URL(address, location.href).href
  await (name.endsWith('.pmtiles') ? previewTiles(map, absolute) : previewRaster(map, absolute))
}

async function previewTiles(map: Map, address: string): Promise<void> {
  const { PMTiles } = await import('pmtiles')
  const tiles = new PMTiles(address)
  const [{ minLon, minLat, maxLon, maxLat }, metadata] = await Promise.all([tiles.getHeader(), tiles.getMetadata()])
  const names = ((metadata as { vector_layers?: { id: string }[] }).vector_layers ?? []).map(({ id }) => id)
  const color = '#0b6b5d'
  const layers = names.flatMap((layer) => [
    { type: 'fill' as const, 'source-layer': layer, filter: ['==', ['geometry-type'], 'Polygon'] as never, paint: { 'fill-color': color, 'fill-opacity': 0.35 } },
    { type: 'line' as const, 'source-layer': layer, paint: { 'line-color': color, 'line-width': 1.5 } },
    { type: 'circle' as const, 'source-layer': layer, filter: ['==', ['geometry-type'], 'Point'] as never, paint: { 'circle-color': color, 'circle-radius': 4 } },
  ])
  show(map, NAME, { type: 'vector', url: `pmtiles://${address}` }, layers)
  fly(map, [minLon, minLat, maxLon, maxLat])
}

async function previewRaster(map: Map, address: string): Promise<void> {
  const { fromUrl } = await import('geotiff')
  const image = await (await fromUrl(address)).getImage()
  const keys = image.getGeoKeys() as { GeographicTypeGeoKey?: number; ProjectedCSTypeGeoKey?: number } | null
  if (keys?.ProjectedCSTypeGeoKey || keys?.GeographicTypeGeoKey !== DEGREES) throw new Problem(0, { detail: t('preview.projected') })
  const scale = Math.min(1, MOST_PIXELS / Math.max(image.getWidth(), image.getHeight()))
  const [width, height] = [Math.max(1, Math.round(image.getWidth() * scale)), Math.max(1, Math.round(image.getHeight() * scale))]
  const [band] = (await image.readRasters({ width, height, samples: [0] })) as unknown as ArrayLike<number>[]
  const [west, south, east, north] = image.getBoundingBox() as [number, number, number, number]
  const canvas = painted(band!, width, height, image.getGDALNoData())
  show(map, NAME, { type: 'canvas', canvas, animate: false, coordinates: [[west, north], [east, north], [east, south], [west, south]] }, [
    { type: 'raster', paint: { 'raster-opacity': 0.85, 'raster-resampling': 'nearest' } },
  ])
  fly(map, [west, south, east, north])
}

function painted(band: ArrayLike<number>, width: number, height: number, nodata: number | null): HTMLCanvasElement {
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')!
  const pixels = context.createImageData(width, height)
  const isValue = (value: number) => Number.isFinite(value) && value !== nodata
  const values = Array.from(band).filter(isValue)
  const low = values.reduce((a, b) => Math.min(a, b), Infinity)
  const span = values.reduce((a, b) => Math.max(a, b), -Infinity) - low || 1
  for (let at = 0; at < band.length; at += 1) {
    if (!isValue(band[at]!)) continue
    const part = (band[at]! - low) / span
    pixels.data.set([...LOW.map((value, index) => value + (HIGH[index]! - value) * part), 255], at * 4)
  }
  context.putImageData(pixels, 0, 0)
  return canvas
}
