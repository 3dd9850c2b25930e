// `npm run image`: the service's image, also on a machine without Docker. `-- --base NAME` builds on another base.
import { parseArgs } from 'node:util'
import { buildImage } from './build.ts'
import { layersOf } from './layers.ts'

const { values } = parseArgs({ options: { base: { type: 'string' } } })
const { engine, id, tag } = await buildImage((sentence) => console.log(sentence), values.base)
const { total, ours } = await layersOf(engine, id)
console.log(`${tag} is ${total} MB, of which ${ours} MB are ours and the rest the base.`)
if (engine.name === 'podman') {
  console.log(`It is in a store of its own; to hand it on: ${await exportCommand()}`)
}

async function exportCommand(): Promise<string> {
  const root = await engine.command('info', '--format', '{{.Store.GraphRoot}}')
  return `podman --root ${root} save --output image.tar ${tag}`
}
