// Coordinate systems of files, as far as they can be computed here: degrees, web maps, UTM, and whatever brings its WKT.
import type { GeoTIFFImage } from 'geotiff'
import { t } from '../../i18n'
import { refused } from './refused'

export type Position = [number, number]
/** Between the coordinates of a file and longitude and latitude in degrees. */
export interface Projection {
  toDegrees(position: Position): Position
  fromDegrees(position: Position): Position
}

/** EPSG: whatever the file says of itself. */
const USER_DEFINED = 32767
const SAME: Projection = { toDegrees: (position) => position, fromDegrees: (position) => position }

/** Throws Problem, with the name, for systems that are not known here. */
export async function projectionOf(definition: string): Promise<Projection> {
  if (definition === 'EPSG:4326') return SAME
  const { default: proj4 } = await import('proj4')
  try {
    const converter = proj4(definition)
    return { toDegrees: (position) => converter.inverse(position), fromDegrees: (position) => converter.forward(position) }
  } catch {
    throw refused(t('preview.unknown-system', { name: nameOf(definition) }))
  }
}

/** The code of a raster's system, or its WKT where it has no code. */
export function systemOf(image: GeoTIFFImage): string {
  const keys = image.getGeoKeys() ?? {}
  const code = keys.ProjectedCSTypeGeoKey ?? (keys.PCSCitationGeoKey ? USER_DEFINED : keys.GeographicTypeGeoKey)
  if (code !== undefined && code !== USER_DEFINED) return `EPSG:${code}`
  return /PROJCS\[.*\]/s.exec(keys.PCSCitationGeoKey ?? '')?.[0] ?? keys.GTCitationGeoKey ?? t('preview.no-system')
}

const nameOf = (definition: string) => /^\w+\["([^"]*)"/.exec(definition)?.[1] ?? definition
