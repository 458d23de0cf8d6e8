// A raster as a picture for the map: the smallest of its overviews that is fine enough, read by ranges and laid into the map's projection.
import type { GeoTIFF, GeoTIFFImage } from 'geotiff'
import { t } from '../../i18n'
import { projectionOf, systemOf, type Position, type Projection } from './projection'
import { refused } from './refused'

export type Box = [number, number, number, number]
export interface Picture {
  canvas: HTMLCanvasElement
  /** West, south, east, north in degrees. */
  box: Box
  /** The least and the greatest value of what was read. */
  range: [number, number]
}
interface Grid {
  band: ArrayLike<number>
  width: number
  height: number
  /** In the raster's own coordinates. */
  box: Box
}

/** RasterPixelIsPoint, of the key GTRasterTypeGeoKey. */
const POINT = 2
const SIDE = 512
/** Of what has to be decoded where no overview is smaller. */
const MOST_PIXELS = 16_000_000
/** Neighbouring parts of a file are asked for at once. */
const BLOCK = 65_536
const ZSTD = 50_000
const STEPS = 24
const LIMIT = 85
const LOW = [68, 1, 84]
const HIGH = [253, 231, 37]

/** Throws Problem for what is too large, or in a coordinate system that is not known here. */
export async function readRaster(address: string): Promise<Picture> {
  const { fromUrl, addDecoder } = await import('geotiff')
  // The library's own decoder is WebAssembly, which the policy refuses.
  addDecoder(ZSTD, () => import('./zstd').then(({ ZstdDecoder }) => ZstdDecoder))
  const file = await fromUrl(address, { blockSize: BLOCK } as object) // its types forget this option
  const whole = await file.getImage()
  const projection = await projectionOf(systemOf(whole))
  const image = await overviewOf(file)
  const [width, height] = fitted(image.getWidth(), image.getHeight())
  const [band] = (await image.readRasters({ width, height, samples: [0] })) as unknown as ArrayLike<number>[]
  return painted({ band: band!, width, height, box: boxOf(whole) }, projection, whole.getGDALNoData())
}

/** Edges of the outer pixels. The library takes the middle of a pixel for its corner where pixels are points. */
function boxOf(image: GeoTIFFImage): Box {
  const [west, south, east, north] = image.getBoundingBox() as Box
  if (image.getGeoKeys()?.GTRasterTypeGeoKey !== POINT) return [west, south, east, north]
  const [right, up] = [(east - west) / image.getWidth() / 2, (north - south) / image.getHeight() / 2]
  return [west - right, south + up, east - right, north + up]
}

/** The smallest picture in the file that fills the canvas. */
async function overviewOf(file: GeoTIFF): Promise<GeoTIFFImage> {
  const images = await Promise.all(Array.from({ length: await file.getImageCount() }, (_, index) => file.getImage(index)))
  const pictures = images.filter((image) => !isMask(image)).sort((a, b) => a.getWidth() - b.getWidth())
  const chosen = pictures.find((image) => Math.max(image.getWidth(), image.getHeight()) >= SIDE) ?? pictures.at(-1)!
  const pixels = chosen.getWidth() * chosen.getHeight()
  if (pixels > MOST_PIXELS) throw refused(t('preview.no-overviews', { pixels: millions(pixels), most: millions(MOST_PIXELS) }))
  return chosen
}

const isMask = (image: GeoTIFFImage) => Boolean((image.fileDirectory.getValue('NewSubfileType') ?? 0) & 4)
const millions = (count: number) => (count / 1e6).toFixed(0)

function fitted(width: number, height: number): [number, number] {
  const scale = Math.min(1, SIDE / Math.max(width, height))
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
}

function painted(grid: Grid, projection: Projection, nodata: number | null): Picture {
  const box = boxInDegrees(grid.box, projection)
  const [left, bottom, right, top] = [box[0], mercator(box[1]), box[2], mercator(box[3])]
  const [width, height] = fitted(SIDE * Math.min(1, (right - left) / (top - bottom)), SIDE * Math.min(1, (top - bottom) / (right - left)))
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const context = canvas.getContext('2d')!
  const pixels = context.createImageData(width, height)
  const isValue = (value: number | undefined) => value !== undefined && Number.isFinite(value) && value !== nodata
  const range = rangeOf(Array.from(grid.band).filter(isValue))
  for (let row = 0; row < height; row += 1) {
    const lat = latitude(top - ((row + 0.5) / height) * (top - bottom))
    for (let column = 0; column < width; column += 1) {
      const lon = left + ((column + 0.5) / width) * (right - left)
      const value = valueAt(grid, projection.fromDegrees([lon, lat]))
      if (isValue(value)) pixels.data.set([...colourOf(value!, range), 255], (row * width + column) * 4)
    }
  }
  context.putImageData(pixels, 0, 0)
  return { canvas, box, range }
}

function valueAt({ band, width, height, box: [west, south, east, north] }: Grid, [x, y]: Position): number | undefined {
  const column = Math.floor(((x - west) / (east - west)) * width)
  const row = Math.floor(((north - y) / (north - south)) * height)
  return column >= 0 && column < width && row >= 0 && row < height ? band[row * width + column] : undefined
}

function rangeOf(values: number[]): [number, number] {
  if (!values.length) throw refused(t('preview.no-values'))
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))]
}

function colourOf(value: number, [low, high]: [number, number]): number[] {
  const part = (value - low) / (high - low || 1)
  return LOW.map((from, index) => from + (HIGH[index]! - from) * part)
}

/** Around points all over the box, since edges of projections are curves. */
function boxInDegrees([west, south, east, north]: Box, { toDegrees }: Projection): Box {
  const parts = Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS)
  const places = parts.flatMap((a) => parts.map((b) => toDegrees([west + a * (east - west), south + b * (north - south)])))
  const known = places.filter(([lon, lat]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90)
  if (!known.length) throw refused(t('preview.elsewhere'))
  const [lons, lats] = [known.map(([lon]) => lon), known.map(([, lat]) => Math.max(-LIMIT, Math.min(LIMIT, lat)))]
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
}

/** In degrees of the equator, as longitudes are. */
const mercator = (lat: number) => (Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) * 180) / Math.PI
const latitude = (y: number) => (Math.atan(Math.sinh((y * Math.PI) / 180)) * 180) / Math.PI
