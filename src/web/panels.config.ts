import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { BROWSERS } from './build-target.ts'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/**
 * The script of the panels on Nautobot's own pages: one file, in the Nautobot app only. A build apart from the chat's,
 * so that what both use does not become a further script of the chat's first visit.
 */
export default defineConfig({
  root: path('.'),
  base: './',
  publicDir: false,
  build: {
    outDir: path('../../nautobot-plugin-shim/nautobot_ai_ops/static/nautobot_ai_ops/panels'),
    emptyOutDir: true,
    target: BROWSERS,
    modulePreload: false,
    rolldownOptions: {
      input: path('panels/element.ts'),
      output: { entryFileNames: 'panels.js' }
    }
  }
})
