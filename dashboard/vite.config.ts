import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
/** `npm run dev:dashboard`: pages from here, everything else from a platform that runs. */
const panel = process.env['SKYPANEL_HOST'] ?? 'http://localhost:8800'
const forward = { target: panel, changeOrigin: true, headers: { origin: panel } }

// eslint-disable-next-line import/no-default-export -- Vite asks for it
export default defineConfig({
  root: here,
  plugins: [react()],
  define: { __VERSION__: JSON.stringify(version) },
  server: {
    port: 8810,
    proxy: { '/api': forward, '/socket.io': { ...forward, ws: true } },
  },
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    // light-dark() and nesting are what the style sheets are written in; all three engines have them since spring 2024.
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // A data: URL in a style sheet would need a policy of its own for fonts and pictures.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Zod is told not to compile parsers (zod-without-eval.ts) before the first schema is made; the order of
          // modules holds within a chunk only.
          groups: [{ name: 'contract', test: /node_modules\/zod\/|\/server\/contract\/|zod-without-eval/ }],
        },
      },
    },
  },
})
