import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Rolldown } from 'vite'
import { build } from 'vite'
import { expect, it } from 'vitest'

const LIMIT = 200_000

type Chunk = Rolldown.OutputChunk
type Output = Rolldown.RolldownOutput['output']

/** What a browser has asked for once a page stands: what the entry needs, the page's own part, and the live connection. */
function loaded(output: Output, page: string): { name: string; bytes: number }[] {
  const chunks = new Map(
    output.filter((one): one is Chunk => one.type === 'chunk').map((one) => [one.fileName, one]),
  )
  const wanted = new Set<string>()
  const want = (name: string) => {
    const chunk = chunks.get(name)
    if (chunk === undefined || wanted.has(name)) return
    wanted.add(name)
    for (const needed of chunk.imports) want(needed)
  }
  for (const { fileName, isEntry, facadeModuleId, moduleIds } of chunks.values())
    if (
      isEntry ||
      facadeModuleId?.endsWith(page) === true ||
      moduleIds.some((id) => id.includes('/socket.io-client/'))
    )
      want(fileName)
  const styles = [...wanted].flatMap((name) => [...(chunks.get(name)?.viteMetadata?.importedCss ?? [])])
  const names = new Set([...wanted, ...styles])
  return output
    .filter(({ fileName }) => names.has(fileName) || fileName === 'index.html')
    .map((one) => ({
      name: one.fileName,
      bytes: gzipSync(one.type === 'chunk' ? one.code : one.source).length,
    }))
}

it('the first load of a page, live connection and styles included, is below 200 kB', async () => {
  // Of React, what is served: the runner asks for its development version.
  process.env['NODE_ENV'] = 'production'
  const built = await build({
    configFile: fileURLToPath(new URL('vite.config.ts', import.meta.url)),
    mode: 'production',
    logLevel: 'error',
    build: { write: false },
  })
  const [first] = Array.isArray(built) ? built : [built]
  if (first === undefined || !('output' in first)) throw new Error('nothing was built')
  for (const page of ['apps/apps.tsx', 'overview/overview.tsx', 'sign-in/sign-in.tsx']) {
    const parts = loaded(first.output, `pages/${page}`)
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(parts.length).toBeGreaterThan(5)
    expect(total, `${page}: ${JSON.stringify(parts)}`).toBeLessThan(LIMIT)
  }
}, 60_000)
