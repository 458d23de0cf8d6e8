// Writes src/api/schema.d.ts from the gateway's OpenAPI document. Shapes that others publish are taken as plain objects,
// because fetching them would need the internet.
import { readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'

const source = new URL('../../services/gateway/openapi.json', import.meta.url)
const target = new URL('../src/api/schema.d.ts', import.meta.url)
const isForeign = (value) => typeof value === 'string' && !value.startsWith('#')
const text = await readFile(source, 'utf8')
const document = JSON.parse(text, (_, value) => (isForeign(value?.$ref) ? { type: 'object' } : value))
await writeFile(target, astToString(await openapiTS(document)))
