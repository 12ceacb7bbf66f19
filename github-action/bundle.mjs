// Bundles the action into the one file that a runner starts. It is committed: a runner installs nothing.
//
//   node github-action/bundle.mjs        after every change below github-action/ or of what it imports
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(here)

/** Licences of packages whose code stands in the bundle; their terms ask for it. */
function licences(inputs) {
  const packages = new Set(
    Object.keys(inputs).flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  )
  return [...packages].sort().map((name) => {
    const text = readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8').trim()
    return `/*!\n${name}\n\n${text}\n*/\n`
  })
}

/** Text by file name, as it belongs into `dist`. The same sources and packages give the same bytes. */
export async function bundleAction() {
  const result = await build({
    absWorkingDir: root,
    entryPoints: ['github-action/main.ts'],
    bundle: true,
    write: false,
    metafile: true,
    outfile: 'github-action/dist/index.js',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    // Whoever reviews a change of the action can read it here too; only what nobody calls is gone.
    minifySyntax: true,
    keepNames: false,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  })
  const [file] = result.outputFiles
  if (file === undefined) throw new Error('esbuild wrote nothing')
  // Above each module stands where it was found, which is elsewhere where node_modules is a link.
  const text = file.text.replace(/^\/\/ .*?node_modules\//gm, '// node_modules/')
  return {
    'index.js': [...licences(result.metafile.inputs), text].join('\n'),
    // So that the file is a module wherever the folder is copied to.
    'package.json': `${JSON.stringify({ type: 'module' })}\n`,
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await mkdir(join(here, 'dist'), { recursive: true })
  for (const [name, text] of Object.entries(await bundleAction()))
    await writeFile(join(here, 'dist', name), text)
}
