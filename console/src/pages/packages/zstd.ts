// Zstandard in JavaScript, for parts of GeoTIFFs.
import { decompress } from 'fzstd'
import { BaseDecoder } from 'geotiff'

export class ZstdDecoder extends BaseDecoder {
  override decodeBlock(buffer: ArrayBufferLike): ArrayBufferLike {
    const { buffer: whole, byteOffset, byteLength } = decompress(new Uint8Array(buffer))
    return byteLength === whole.byteLength ? whole : whole.slice(byteOffset, byteOffset + byteLength)
  }
}
