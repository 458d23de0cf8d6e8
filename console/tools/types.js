// Writes src/api/schema.d.ts from the gateway's OpenAPI document. Shapes that others publish are taken as plain objects,
// because fetching them would need the internet.
import { readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'

const source = new URL('../../services/gateway/openapi.json', import.meta.url)
const target = new URL('../src/api/schema.d.ts', import.meta.url)
const isForeign = (reference) => typeof reference === 'string' && !reference.startsWith('#')
// Tuples become arrays, since the client's types take them for arrays anyway.
const simplified = (_, value) => {
  if (isForeign(value?.$ref)) return { type: 'object' }
  return value?.prefixItems ? { type: 'array', items: value.prefixItems[0] } : value
}
const text = await readFile(source, 'utf8')
const document = JSON.parse(text, simplified)
await writeFile(target, astToString(await openapiTS(document, { defaultNonNullable: false })))
