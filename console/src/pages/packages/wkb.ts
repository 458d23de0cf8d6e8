// Geometries of GeoPackages: a header of their own before ISO WKB.
import type { Position } from './projection'

const ENVELOPES = [0, 32, 48, 48, 64]
const HEADER = 8
const KINDS = [undefined, 'Point', 'LineString', 'Polygon', 'MultiPoint', 'MultiLineString', 'MultiPolygon', 'GeometryCollection'] as const

/** Undefined for an empty geometry, and for curves, which GeoJSON does not have. */
export function readGeometry(blob: Uint8Array, toDegrees: (position: Position) => Position): GeoJSON.Geometry | undefined {
  const flags = blob[3]!
  const isEmpty = Boolean(flags & 16)
  const begin = HEADER + (ENVELOPES[(flags >> 1) & 7] ?? 0)
  return isEmpty ? undefined : new Reader(new DataView(blob.buffer, blob.byteOffset + begin), toDegrees).geometry()
}

class Reader {
  #at = 0
  #isLittle = true

  constructor(
    readonly view: DataView,
    readonly toDegrees: (position: Position) => Position,
  ) {}

  geometry(): GeoJSON.Geometry | undefined {
    this.#isLittle = this.view.getUint8(this.#at) === 1
    this.#at += 1
    const code = this.#count()
    const type = KINDS[code % 1000]
    const size = [2, 3, 3, 4][Math.floor(code / 1000)]!
    if (!type) return undefined
    if (type === 'GeometryCollection') return { type, geometries: this.#parts() }
    return { type, coordinates: this.#coordinates(type, size) } as GeoJSON.Geometry
  }

  #coordinates(type: (typeof KINDS)[number], size: number): unknown {
    if (type === 'Point') return this.#position(size)
    if (type === 'LineString') return this.#line(size)
    if (type === 'Polygon') return this.#list(() => this.#line(size))
    return this.#parts().map((part) => (part as GeoJSON.Point).coordinates)
  }

  #parts(): GeoJSON.Geometry[] {
    return this.#list(() => this.geometry()).filter((part) => part !== undefined)
  }

  #line(size: number): Position[] {
    return this.#list(() => this.#position(size))
  }

  #position(size: number): Position {
    const [x, y] = [0, 8].map((by) => this.view.getFloat64(this.#at + by, this.#isLittle)) as Position
    this.#at += 8 * size
    return this.toDegrees([x, y])
  }

  #list<T>(read: () => T): T[] {
    return Array.from({ length: this.#count() }, read)
  }

  #count(): number {
    this.#at += 4
    return this.view.getUint32(this.#at - 4, this.#isLittle)
  }
}
