import { resolveScript } from '../start-script.ts'
import { hasDependency } from '../package-json.ts'
import type { Framework, FrameworkApp } from './framework.ts'

const DEVELOPMENT = /^nest start\b/

/** NestJS: `start` compiles and watches; what a deployment runs is `start:prod`, or the compiled main file. */
export const nest: Framework = {
  name: 'NestJS',
  output({ view, pkg }) {
    if (!hasDependency(pkg, '@nestjs/core')) return null
    const production = resolveScript(pkg.scripts, 'start:prod')
    const main = /"entryFile"\s*:\s*"([\w./-]+)"/.exec(nestConfig(view))?.[1] ?? 'main'
    return {
      kind: 'server',
      start: production.how === 'direct' ? production.command : `node dist/${main}`,
      instead: DEVELOPMENT,
      ...(hasDependency(pkg, '@nestjs/cli') ? { build: 'nest build' } : {}),
    }
  },
}

function nestConfig(view: FrameworkApp['view']): string {
  const file = view.read('nest-cli.json')
  return file.ok ? file.text : ''
}
