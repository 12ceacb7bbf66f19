import type { Tool } from '../plan.ts'
import { request } from '../provider.ts'
import type { NodeApp } from './app.ts'

const CALLED: readonly { tool: string; words: RegExp; want: string }[] = [
  { tool: 'npm', words: /\bnp[mx]\b/, want: '*' },
  { tool: 'yarn', words: /\byarn\b/, want: '^1.22.0' },
  { tool: 'pnpm', words: /\bpnp[mx]\b/, want: '10.x' },
  { tool: 'bun', words: /\bbunx?\b/, want: '^1.0.0' },
]

/** Managers besides the app's own that its scripts or processes call: every Node comes with npm, and people rely on it. */
export function otherTools({ pkg, place, manager, context }: NodeApp): Tool[] {
  const scripts = [...Object.values(pkg.scripts), ...Object.values(place.rootPkg.scripts)]
  const processes = Object.values(context.procfile).map(({ command }) => command)
  const text = [...scripts, ...processes, ...Object.values(context.settings.overrides)]
    .join('\n')
    .slice(0, 50_000)
  return CALLED.filter(({ tool, words }) => tool !== manager.tool.name && words.test(text)).map(
    ({ tool, want }) =>
      request({ name: tool, want, from: 'scripts that call it', source: 'npm', phase: ['build', 'run'] }),
  )
}
