// The clustered points of the catalogue on the map.
import type { GeoJSONSource, Map, MapMouseEvent } from 'maplibre-gl'
import { show } from '../../map/layers'
import type { Kind } from './catalogue'

const NAME = 'catalogue'

export function showPoints(map: Map, data: GeoJSON.GeoJSON, choose: (kind: Kind, id: number) => void): void {
  show(map, NAME, { type: 'geojson', data, cluster: true, clusterRadius: 36, clusterMaxZoom: 14 }, [
    {
      type: 'circle',
      paint: {
        'circle-radius': ['case', ['has', 'point_count'], ['step', ['get', 'point_count'], 14, 10, 19, 100, 26], 8],
        'circle-color': ['match', ['get', 'kind'], 'dataset', '#7a5300', 'model', '#5b3fa0', 'prediction', '#0b6b5d', '#34565a'],
        'circle-stroke-color': '#ffffff',
        'circle-stroke-width': 2,
      },
    },
    {
      type: 'symbol',
      filter: ['has', 'point_count'],
      layout: { 'text-field': ['get', 'point_count_abbreviated'], 'text-size': 13, 'text-allow-overlap': true },
      paint: { 'text-color': '#ffffff' },
    },
  ])
  map.on('click', `${NAME}-0`, (event) => void open(map, event, choose))
  map.on('mouseenter', `${NAME}-0`, () => (map.getCanvas().style.cursor = 'pointer'))
  map.on('mouseleave', `${NAME}-0`, () => (map.getCanvas().style.cursor = ''))
}

async function open(map: Map, event: MapMouseEvent & { features?: GeoJSON.Feature[] }, choose: (kind: Kind, id: number) => void) {
  const found = event.features?.[0]
  if (!found?.properties) return
  const { cluster_id: cluster, kind, id } = found.properties
  if (cluster === undefined) return choose(kind, id)
  const zoom = await map.getSource<GeoJSONSource>(NAME)!.getClusterExpansionZoom(cluster)
  map.easeTo({ center: (found.geometry as GeoJSON.Point).coordinates as [number, number], zoom: Math.max(zoom, map.getZoom() + 1) })
}
