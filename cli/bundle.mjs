// Bundles the command line: one CommonJS file with commander alone, which starts as fast as bare Node does, and the
// commands with what they need (axios, chalk, ora, zod) in files of their own, loaded when one runs.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const COMMANDS = join(here, 'commands')

/** Loaded by the entry while it runs, besides the commands. */
const LAZY = [
  'credentials.ts',
  'api-client.ts',
  'git-remote.ts',
  'exit.ts',
  'output/progress.ts',
  'output/colour.ts',
]

const lazyName = (file) => relative(here, file).split(sep).join('/').replace(/\.ts$/, '')

function commandFiles() {
  return readdirSync(COMMANDS, { recursive: true, withFileTypes: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        entry.name.endsWith('.ts') &&
        !entry.name.includes('.test.') &&
        entry.name !== 'commands.ts',
    )
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
}

/** What the entry imports dynamically stays outside of it, except for the program itself. */
const keepLazy = {
  name: 'keep-lazy',
  setup(builder) {
    builder.onResolve({ filter: /^\./ }, (args) => {
      if (args.kind !== 'dynamic-import') return undefined
      const file = join(args.resolveDir, args.path)
      return file === join(here, 'program.ts')
        ? undefined
        : { path: `./lazy/${lazyName(file)}.mjs`, external: true }
    })
  },
}

/** Detection reads its folders beside its own module, so it is used where the build put it. */
const keepBuildpacks = (folder) => ({
  name: 'keep-buildpacks',
  setup(builder) {
    builder.onResolve({ filter: /\/buildpacks\/.+\.ts$/ }, ({ path }) => ({
      path: folder + path.replace(/^.*\/buildpacks\//, '').replace(/ts$/, 'js'),
      external: true,
    }))
  },
})

/** Writes `skypanel.cjs` and `lazy/` into `outdir`; returns the path of the first. */
export async function bundleCli({ outdir }) {
  const { version } = JSON.parse(readFileSync(join(here, '..', 'package.json'), 'utf8'))
  const common = {
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    minify: true,
    // Names of classes and functions stand in stacks that users report.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    // Only read where SKYPANEL_VERSION is not defined.
    logOverride: { 'empty-import-meta': 'silent' },
    define: { SKYPANEL_VERSION: JSON.stringify(version) },
  }
  rmSync(join(outdir, 'lazy'), { recursive: true, force: true })
  await Promise.all([
    build({
      ...common,
      entryPoints: [join(here, 'main.ts')],
      outfile: join(outdir, 'skypanel.cjs'),
      format: 'cjs',
      plugins: [keepLazy],
    }),
    build({
      ...common,
      entryPoints: Object.fromEntries(
        [...commandFiles(), ...LAZY.map((name) => join(here, name))].map((file) => [lazyName(file), file]),
      ),
      outdir: join(outdir, 'lazy'),
      outExtension: { '.js': '.mjs' },
      format: 'esm',
      splitting: true,
      chunkNames: 'chunks/[hash]',
      // CommonJS packages inside (axios' form-data) require Node's own modules.
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
      plugins: [keepBuildpacks(buildpacksFrom(outdir))],
    }),
  ])
  return join(outdir, 'skypanel.cjs')
}

/** As `lazy/commands/builds/detect.mjs` sees it; a bundle elsewhere (a test's) uses the checkout's own. */
function buildpacksFrom(outdir) {
  if (existsSync(join(outdir, '..', 'buildpacks'))) return '../../../../buildpacks/'
  return `${pathToFileURL(join(here, '..', 'dist', 'buildpacks')).href}/`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await bundleCli({ outdir: join(here, '..', 'dist', 'cli') })
}
