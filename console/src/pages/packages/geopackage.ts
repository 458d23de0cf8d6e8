// Features of a GeoPackage, which is an SQLite file: read as a whole, by SQLite as JavaScript, since the policy admits no WebAssembly.
import type { Database, SqlJsStatic } from 'sql.js'
import { fetchOk } from '../../api/client'
import { t } from '../../i18n'
import { bytes } from '../../ui/units'
import { projectionOf } from './projection'
import { refused } from './refused'
import { readGeometry } from './wkb'

const MOST_BYTES = 20_000_000
const MOST_FEATURES = 20_000
const LAYERS = `select g.table_name, g.column_name, s.organization, s.organization_coordsys_id, s.definition
  from gpkg_geometry_columns g join gpkg_spatial_ref_sys s using (srs_id)`

export interface Features {
  collection: GeoJSON.FeatureCollection
  /** Whether there are more in the file. */
  isPart: boolean
}

/** Throws Problem for what is too large, or in a coordinate system that is not known here. */
export async function readGeoPackage(address: string): Promise<Features> {
  const [content, sqlite] = await Promise.all([download(address), load()])
  const database = new sqlite.Database(content)
  try {
    return await featuresOf(database)
  } finally {
    database.close()
  }
}

/** Nothing of a file that is too large is read. */
async function download(address: string): Promise<Uint8Array> {
  const abort = new AbortController()
  const answer = await fetchOk(address, { signal: abort.signal })
  const size = Number(answer.headers.get('content-length') ?? 0)
  if (size <= MOST_BYTES) return new Uint8Array(await answer.arrayBuffer())
  abort.abort()
  throw refused(t('preview.too-large', { size: bytes(size), most: bytes(MOST_BYTES) }))
}

async function load(): Promise<SqlJsStatic> {
  const { default: start } = await import('sql.js/dist/sql-asm-memory-growth.js')
  return start()
}

async function featuresOf(database: Database): Promise<Features> {
  const features: GeoJSON.Feature[] = []
  let isPart = false
  for (const [table, column, organization, code, definition] of rowsOf(database, LAYERS)) {
    const { toDegrees } = await projectionOf(String(organization).toUpperCase() === 'EPSG' && code === 4326 ? 'EPSG:4326' : String(definition))
    const left = MOST_FEATURES - features.length
    const found = rowsOf(database, `select ${quoted(column)} from ${quoted(table)} where ${quoted(column)} is not null limit ${left + 1}`)
    isPart ||= found.length > left
    for (const [blob] of found.slice(0, left)) {
      const geometry = readGeometry(blob as Uint8Array, toDegrees)
      if (geometry) features.push({ type: 'Feature', properties: {}, geometry })
    }
  }
  return { collection: { type: 'FeatureCollection', features }, isPart }
}

const rowsOf = (database: Database, statement: string) => database.exec(statement)[0]?.values ?? []
const quoted = (name: unknown) => `"${String(name).replaceAll('"', '""')}"`
