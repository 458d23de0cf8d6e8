// MapLibre with its worker as a file of ours, PMTiles, and a style that needs nobody's tiles. Loaded after the first view.
import { addProtocol, AttributionControl, Map, NavigationControl, ScaleControl, setWorkerUrl } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import 'maplibre-gl/dist/maplibre-gl.css'
import { Protocol } from 'pmtiles'
import { keepPace } from './pace'
import type { StyleSpecification } from 'maplibre-gl'

setWorkerUrl(workerUrl)
addProtocol('pmtiles', new Protocol().tile)

const FONTS = 'system-ui, "DejaVu Sans", sans-serif'
const DEGREES = 10

function graticule(): GeoJSON.Feature {
  const meridians = steps(180).map((lon) => [[lon, -85], [lon, 85]])
  const parallels = steps(80).map((lat) => [[-180, lat], [180, lat]])
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates: [...meridians, ...parallels] } }
}

function steps(end: number): number[] {
  return Array.from({ length: (2 * end) / DEGREES + 1 }, (_, index) => index * DEGREES - end)
}

const STYLE: StyleSpecification = {
  version: 8,
  sources: { graticule: { type: 'geojson', data: graticule() } },
  layers: [
    { id: 'ground', type: 'background', paint: { 'background-color': '#e9efed' } },
    { id: 'graticule', type: 'line', source: 'graticule', maxzoom: 9, paint: { 'line-color': '#cdd9d6', 'line-width': 1 } },
  ],
}

export function createMap(container: HTMLElement): Map {
  const map = new Map({
    container, style: STYLE, center: [20, 10], zoom: 1.4, maxZoom: 22, attributionControl: false, localIdeographFontFamily: FONTS,
    dragRotate: false, pitchWithRotate: false,
  })
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right')
  map.addControl(new ScaleControl(), 'bottom-left')
  map.addControl(new AttributionControl({ compact: true }), 'bottom-right')
  keepPace(map)
  return map
}
