// Imagery by address: what is known of it beside its tiles.
import { api, ok } from '../../api/client'

/** Milliseconds after which tiles are shown without a word about them. */
const PATIENCE = 15_000

export interface Imagery {
  address: string
  title: string
  box?: [number, number, number, number]
}

export function isTileAddress(address: string): boolean {
  return /^https?:\/\/.+/.test(address) && ['{z}', '{x}'].every((part) => address.includes(part)) && /\{-?y\}/.test(address)
}

/** What the TileJSON beside an address, or at it, says; the address alone where there is none. */
export async function describeImagery(address: string): Promise<Imagery> {
  const isDocument = address.endsWith('.json')
  if (!isDocument && !isTileAddress(address)) return { address, title: '' }
  const document = isDocument ? address : address.replace(/\/\{z\}.*$/, '/tilejson.json')
  try {
    const found = await (await fetch(document, { credentials: 'omit', signal: AbortSignal.timeout(PATIENCE) })).json()
    return { address: isDocument ? found.tiles[0] : address, title: found.name ?? '', box: found.bounds }
  } catch {
    return { address, title: '' }
  }
}

/** Imagery that datasets which the person may see were made of, each once. */
export async function knownImagery(): Promise<Imagery[]> {
  const page = await ok(api.GET('/api/v1/datasets/', { params: { query: { limit: 100 } } }))
  const byAddress = new Map(page.results.map((row) => [row.source_imagery, { address: row.source_imagery, title: row.title }]))
  return [...byAddress.values()]
}
