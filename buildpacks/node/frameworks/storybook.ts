import { hasDependency } from '../package-json.ts'
import { scriptsText } from './config-text.ts'
import type { Framework } from './framework.ts'

/** A Storybook that is all the app is: nothing else of it is built. */
export const storybook: Framework = {
  name: 'Storybook',
  output({ pkg }) {
    const text = scriptsText(pkg)
    const alone = (pkg.scripts['build'] ?? 'storybook build').includes('storybook')
    if (!hasDependency(pkg, 'storybook') || !alone) return null
    const named = /(?:storybook build|build-storybook)[^&|;\n]*(?:-o|--output-dir)[ =]([\w./@-]+)/.exec(text)
    return {
      kind: 'site',
      dir: named?.[1] ?? 'storybook-static',
      indexFallback: false,
      immutable: ['/assets/*', '/sb-manager/*'],
      instead: /^(?:storybook dev|start-storybook)\b/,
      build: 'storybook build',
      buildEnv: { STORYBOOK_DISABLE_TELEMETRY: '1' },
      // It notes the time of the build, and no two builds of the same would be equal.
      after: (dir) => [
        `[ ! -f ${dir}/project.json ] || sed -i -E 's/"generatedAt":[0-9]+/"generatedAt":315532800000/' ${dir}/project.json`,
      ],
    }
  },
}
