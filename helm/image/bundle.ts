// `npm run build`: the service and the doctor, with every package of theirs, as few files in `dist`. Loading a thousand
// small ones was half of a start. What is imported late stays in files of its own.
import { cp, rm } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { type OutputOptions, type Plugin, type RolldownOutput, rolldown } from 'rolldown'

const ROOT = join(import.meta.dirname, '../..')
/** Beside them is what they read themselves: `package.json` above, `web/dist` below. */
const ENTRIES = ['main', 'doctor', 'platform/early-stop']
/** The API explorer reads its page, scripts and styles from its own folder; they move beside the bundle. */
const EXPLORER = dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui'))
const EXPLORER_FOLDER = 'explorer'

const SHAPE: OutputOptions = {
  format: 'esm',
  entryFileNames: '[name].js',
  // Flat, so that `import.meta.dirname` is the same folder in each.
  chunkFileNames: '[name]-[hash].js',
  // Names stay, or nobody could read a stack trace. Maps lead to our lines, for who asks Node to read them.
  minify: false,
  keepNames: true,
  comments: { legal: true, annotation: false, jsdoc: false },
  sourcemap: true,
  sourcemapExcludeSources: true,
  sourcemapPathTransform: (source, map) => relative(ROOT, join(dirname(map), source))
}

/** Throws when anything would be missing. */
export async function bundle(folder: string): Promise<RolldownOutput> {
  const built = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, `src/${entry}.ts`])),
    platform: 'node',
    plugins: [movedFiles()],
    transform: { define: { __BUNDLE_FOLDER__: 'import.meta.dirname' } },
    onLog: (level, { code, message }, say) => {
      // What cannot be found now would be missed at a question.
      if (code === 'UNRESOLVED_IMPORT') throw new Error(message)
      say(level, message)
    }
  })
  const output = await built.write({ ...SHAPE, dir: folder })
  await built.close()
  assertComplete(output)
  await cp(join(EXPLORER, 'static'), join(folder, EXPLORER_FOLDER, 'static'), { recursive: true })
  return output
}

/** `__dirname` does not exist in modules; where the explorer uses it, it is the folder that its files were copied to. */
function movedFiles(): Plugin {
  return {
    name: 'moved-files',
    transform(code, id) {
      if (!id.startsWith(EXPLORER) || !id.endsWith('.js')) return
      const inside = join(EXPLORER_FOLDER, relative(EXPLORER, dirname(id)))
      const place = `require('node:path').join(__BUNDLE_FOLDER__, '${inside}')`
      // One line stays one line: maps of lines hold.
      return { code: code.replaceAll('__dirname', place), map: null }
    }
  }
}

/** There is no folder of packages beside the bundle. */
function assertComplete({ output }: RolldownOutput): void {
  const own = new Set(output.map(({ fileName }) => fileName))
  const missing = output
    .flatMap((file) => (file.type === 'chunk' ? [...file.imports, ...file.dynamicImports] : []))
    .filter((name) => !own.has(name) && !isBuiltin(name))
  if (missing.length > 0) throw new Error(`Not in the bundle: ${missing.join(', ')}.`)
}

/** Everything that the service and the doctor need, but Node. @param folder emptied first. */
async function build(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const { output } = await bundle(join(folder, 'src'))
  await cp(join(ROOT, 'src/web/dist'), join(folder, 'src/web/dist'), { recursive: true })
  for (const file of ['package.json', 'LICENSE']) await cp(join(ROOT, file), join(folder, file))
  const chunks = output.filter((file) => file.type === 'chunk')
  const bytes = chunks.reduce((sum, { code }) => sum + code.length, 0)
  process.stdout.write(`${chunks.length} files with ${(bytes / 1e6).toFixed(1)} MB of code.\n`)
}

if (import.meta.main) await build(join(ROOT, process.argv[2] ?? 'dist'))
