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
