// Areas as people give them: a box in numbers, or a GeoJSON file.

export function boxPolygon(text: string): GeoJSON.Polygon | undefined {
  const numbers = text.split(/[\s,;]+/).filter(Boolean).map(Number)
  const [west, south, east, north] = numbers as [number, number, number, number]
  const isBox = numbers.length === 4 && numbers.every(Number.isFinite) && west < east && south < north
  if (!isBox || Math.abs(south) > 85 || Math.abs(north) > 85) return undefined
  return { type: 'Polygon', coordinates: [[[west, south], [east, south], [east, north], [west, north], [west, south]]] }
}

/** The polygons of a GeoJSON text. Throws SyntaxError for what is no JSON. */
export function polygonsIn(text: string): GeoJSON.Polygon[] {
  return [...polygons(JSON.parse(text))]
}

function* polygons(value: GeoJSON.GeoJSON): Generator<GeoJSON.Polygon> {
  if (value.type === 'FeatureCollection') for (const feature of value.features) yield* polygons(feature)
  else if (value.type === 'Feature' && value.geometry) yield* polygons(value.geometry)
  else if (value.type === 'MultiPolygon') for (const coordinates of value.coordinates) yield { type: 'Polygon', coordinates }
  else if (value.type === 'Polygon') yield value
}

/** Metres east and north. */
export type Offset = [number, number]
/** Metres per degree of latitude on the sphere of web maps. */
const DEGREE = (Math.PI * 6_378_137) / 180

/** The geometry moved by an offset, each corner at its own latitude, as the build moves labels. */
export function moved<T extends { coordinates?: unknown }>(geometry: T, offset: Offset): T {
  return { ...geometry, coordinates: shifted(geometry.coordinates, offset) }
}

function shifted(value: unknown, [east, north]: Offset): unknown {
  if (!Array.isArray(value)) return value
  if (typeof value[0] !== 'number') return value.map((part) => shifted(part, [east, north]))
  const [lon, lat] = value as [number, number]
  return [lon + east / (DEGREE * Math.cos((lat * Math.PI) / 180)), lat + north / DEGREE]
}
