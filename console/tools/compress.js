// Writes `<file>.gz` beside every text file of the folder, which the gateway sends to browsers that take it.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const folder = process.argv[2]
const names = await readdir(folder, { recursive: true })
for (const name of names.filter((name) => /\.(js|mjs|css|html|svg)$/.test(name))) {
  await writeFile(join(folder, `${name}.gz`), gzipSync(await readFile(join(folder, name)), { level: 9 }))
}
