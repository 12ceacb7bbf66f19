import { build } from 'esbuild'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))

/** They read files beside their own module, or write down where it is. */
const KEPT = /\/dist\/(buildpacks\/|server\/git\/install-hook\.js)/

let made: Promise<string> | null = null

/**
 * The compiled server as one file, made once for the same sources: a test that kills it again and again starts it in
 * half the time. Returns the script.
 */
export function bundledServer(): Promise<string> {
  made ??= bundle()
  return made
}

async function bundle(): Promise<string> {
  const content = readFileSync(join(dist, '.content'), 'utf8').trim()
  // As deep as dist/server, so that what the server finds by its own place is found.
  const script = join(dist, '.test', `server-${content}.mjs`)
  if (existsSync(script)) return script
  const half = `${script}.${randomUUID()}`
  await build({
    entryPoints: [join(dist, 'server', 'main.js')],
    outfile: half,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    keepNames: true,
    legalComments: 'none',
    logLevel: 'error',
    external: ['@node-rs/argon2', 'pg-native'],
    // CommonJS packages inside require Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [
      {
        name: 'keep',
        setup: (builder) =>
          builder.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
            const file = resolve(resolveDir, path)
            return KEPT.test(file) ? { path: relative(dirname(script), file), external: true } : undefined
          }),
      },
    ],
  })
  renameSync(half, script)
  return script
}
