// Drawing one polygon at a time on a map, by mouse or finger.
import type { Map } from 'maplibre-gl'
import { TerraDraw, TerraDrawPolygonMode, TerraDrawRectangleMode } from 'terra-draw'
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter'

export type Tool = 'rectangle' | 'polygon'
const COORDINATE_PRECISION = 9

export interface Drawing {
  use(tool: Tool | null): void
  stop(): void
}

export function startDrawing(map: Map, finished: (polygon: GeoJSON.Polygon) => void): Drawing {
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: COORDINATE_PRECISION }),
    modes: [new TerraDrawRectangleMode(), new TerraDrawPolygonMode()],
  })
  draw.start()
  draw.on('finish', (id) => {
    const polygon = draw.getSnapshotFeature(id)?.geometry as GeoJSON.Polygon
    draw.clear()
    finished(polygon)
  })
  return { use: (tool) => draw.setMode(tool ?? 'static'), stop: () => draw.stop() }
}
