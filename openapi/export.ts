import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createDocuments } from './documents.ts'

const root = new URL('../', import.meta.url)
const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'))

for (const [path, text] of await createDocuments(version)) {
  const target = new URL(path, root)
  await mkdir(dirname(target.pathname), { recursive: true })
  await writeFile(target, text)
  console.log(path)
}
