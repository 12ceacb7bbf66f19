#!/usr/bin/env node
// The `bin` of the package: starts the bundle, so that a checkout and an installation run the same file. CommonJS,
// because Node's loader of ES modules takes 10 ms before the first of our lines runs.
const fs = require('node:fs')
const path = require('node:path')

const bundle = path.join(__dirname, '..', 'dist', 'cli', 'skypanel.cjs')
if (fs.existsSync(bundle)) require(bundle)
else {
  process.stderr.write(
    ` ▸    The command line is not built yet: ${bundle} is missing.\n ▸    Type: npm run build\n`,
  )
  process.exitCode = 70
}
