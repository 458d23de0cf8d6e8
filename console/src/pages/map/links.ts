// Addresses under which other people's editors open an entry.
import { boxOf } from '../../map/layers'
import type { Card } from './card'

const REMOTE_CONTROL = 'http://127.0.0.1:8111'
/** Where a running JOSM listens. */

export interface Links {
  josm?: string
  id?: string
  qgis: [string, string][]
}

export function linksOf(card: Card): Links {
  const box = boxOf(card.geometry)
  return { josm: josm(card, box), id: id(card, box), qgis: qgis(card) }
}

function josm(card: Card, box?: number[]): string | undefined {
  if (card.files.geojson) return `${REMOTE_CONTROL}/import?new_layer=true&url=${encodeURIComponent(card.files.geojson)}`
  if (!card.imagery || !box) return undefined
  return `${REMOTE_CONTROL}/imagery?type=tms&title=Fairway&url=${encodeURIComponent(swapped(card.imagery))}`
}

function id(card: Card, box?: number[]): string | undefined {
  if (!card.imagery || !box) return undefined
  const [lon, lat] = [(box[0]! + box[2]!) / 2, (box[1]! + box[3]!) / 2]
  const background = encodeURIComponent(`custom:${card.imagery}`)
  return `https://www.openstreetmap.org/edit?editor=id#background=${background}&map=17/${lat.toFixed(5)}/${lon.toFixed(5)}`
}

/** JOSM writes the zoom as {zoom}. */
const swapped = (address: string) => address.replace('{z}', '{zoom}')

function qgis(card: Card): [string, string][] {
  const layers = Object.entries(card.files)
  return card.imagery ? [['XYZ', card.imagery], ...layers] : layers
}
