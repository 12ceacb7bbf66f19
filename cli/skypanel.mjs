#!/usr/bin/env node
// The `bin` of the package: starts the bundle, so that a checkout and an installation run the same file.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const bundle = fileURLToPath(new URL('../dist/cli/skypanel.cjs', import.meta.url))
if (existsSync(bundle)) {
  createRequire(import.meta.url)(bundle)
} else {
  process.stderr.write(
    ` ▸    The command line is not built yet: ${bundle} is missing.\n ▸    Type: npm run build\n`,
  )
  process.exitCode = 70
}
