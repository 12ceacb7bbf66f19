import type { Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { type GoModule, readWorkspace } from './module.ts'

/** From this version on Go's own toolchains are modules. Older code compiles with every newer one. */
const OLDEST_MINOR = 21

/** Which Go the app asks for, as a range of exact versions. */
export function versions(context: PlanContext, module: GoModule): { ok: true; tools: Tool[] } | Refusal {
  const { view, settings } = context
  const set = override(settings, 'SKYPANEL_GO_VERSION', 'GOVERSION', 'GO_VERSION')
  const workspace = readWorkspace(view)
  const named = (text: string | null | undefined, from: string) =>
    text === null || text === undefined ? null : { text, from }
  const declared = named(set?.value, set?.name ?? '') ??
    named(module.heroku, 'go.mod#+heroku goVersion') ??
    named(module.toolchain, 'go.mod#toolchain') ??
    named(workspace?.toolchain, 'go.work#toolchain') ??
    fromVersionFile(view, '.go-version') ??
    fromToolFiles(view, 'golang', 'go') ??
    named(module.go, 'go.mod#go') ??
    named(workspace?.go, 'go.work#go') ?? { text: '*', from: 'default' }
  const want = rangeOf(declared.text)
  if (want === null) {
    return refuse(
      `${declared.from} asks for Go "${declared.text.slice(0, 60)}", which is not a version`,
      'Write it as in `1.24` or `1.24.3`.',
    )
  }
  // A `go` line is the least that the code needs; an exact one elsewhere is meant exactly.
  const least = declared.from.endsWith('#go') && /^\d+\.\d+\.\d+$/.test(want)
  return {
    ok: true,
    tools: [
      request({
        name: 'go',
        want: least ? `~${want}` : want,
        from: declared.from,
        source: 'goproxy',
        phase: ['build'],
      }),
    ],
  }
}

/** `go1.22` → `~1.22.0`, `1.24.3` → itself; null when it is no version. */
export function rangeOf(text: string): string | null {
  if (text === '*' || text === 'latest' || text === 'stable') return '*'
  const match = /^(?:go)?v?(\d+)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?$/.exec(text.trim())
  if (match === null) return null
  const [, major, minor, patch] = match
  if (major !== '1' || minor === undefined || !/^\d+$/.test(minor)) return major === '1' ? '^1.21.0' : null
  if (Number(minor) < OLDEST_MINOR) return '^1.21.0'
  return patch !== undefined && /^\d+$/.test(patch) ? `1.${minor}.${patch}` : `~1.${minor}.0`
}
