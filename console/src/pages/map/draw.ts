// An entry on the map: imagery, outline, features by confidence.
import type { Map } from 'maplibre-gl'
import { BY_CONFIDENCE, boxOf, featureLines, fly, hide, show, showImagery, showOutline } from '../../map/layers'
import { safeAddress } from '../../ui/addresses'
import type { Card } from './card'

/** Draws a card and returns what takes it away again. */
export function drawCard(map: Map, card: Card): () => void {
  if (card.imagery && safeAddress(card.imagery)) showImagery(map, card.imagery)
  if (card.geometry) showOutline(map, 'outline', card.geometry as GeoJSON.Geometry)
  drawFeatures(map, card.files)
  fly(map, boxOf(card.geometry))
  return () => ['imagery', 'outline', 'features'].forEach((name) => hide(map, name))
}

function drawFeatures(map: Map, files: Record<string, string>): void {
  const { pmtiles, geojson } = files
  if (!pmtiles && !geojson) return
  const layer = pmtiles ? { 'source-layer': 'predictions' } : {}
  show(map, 'features', pmtiles ? { type: 'vector', url: `pmtiles://${pmtiles}` } : { type: 'geojson', data: geojson! }, [
    { type: 'fill', ...layer, paint: { 'fill-color': BY_CONFIDENCE, 'fill-opacity': 0.45, 'fill-antialias': false } },
    { ...featureLines(BY_CONFIDENCE, 1.5), ...layer },
  ])
}
