import { cpSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { BROWSERS } from './build-target.ts'
import { buildTrims } from './build-trims.ts'

// A test runner or a developer's shell may say otherwise, and React would ship its development build.
process.env.NODE_ENV = 'production'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const { version } = JSON.parse(readFileSync(path('../../package.json'), 'utf8'))
const dist = path('dist')
/** The same files travel inside the Nautobot app. */
const shim = path('../../nautobot-plugin-shim/nautobot_ai_ops/static/nautobot_ai_ops/chat')
const pageFiles = ['index.html', 'page.css', 'icon.svg']

/**
 * Emits `chat.js`, one line that imports the hashed entry. A host may add `?v=…` to its address; on the
 * entry itself that would make a second module of it, and React would run twice.
 */
function stableEntry(): Plugin {
  return {
    name: 'stable-entry',
    generateBundle(_options, bundle) {
      const entry = Object.values(bundle).find((file) => file.type === 'chunk' && file.isEntry)
      if (!entry) throw new Error('The bundle has no entry')
      this.emitFile({
        type: 'asset',
        fileName: 'chat.js',
        source: `import './${entry.fileName}'\n`
      })
    }
  }
}

function copies(): Plugin {
  return {
    name: 'copies',
    closeBundle() {
      rmSync(shim, { recursive: true, force: true })
      cpSync(dist, shim, { recursive: true })
      for (const file of pageFiles) cpSync(path(file), `${dist}/${file}`)
    }
  }
}

export default defineConfig({
  root: path('.'),
  base: './',
  publicDir: false,
  define: { __CHAT_VERSION__: JSON.stringify(version) },
  plugins: [react(), buildTrims(), stableEntry(), copies()],
  build: {
    outDir: dist,
    emptyOutDir: true,
    target: BROWSERS,
    modulePreload: false,
    rolldownOptions: {
      input: path('element.tsx'),
      output: { entryFileNames: 'chat-[hash].js', chunkFileNames: 'part-[hash].js' }
    }
  }
})
