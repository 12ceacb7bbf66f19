import type { LanguagePlan, PlanContext } from '../provider.ts'
import { flag } from '../settings.ts'
import { step } from '../provider.ts'

/** A script starts the app; another may prepare it. */
export function plan({ view, settings }: PlanContext): LanguagePlan {
  const build = view.exists('build.sh')
    ? step({
        name: 'build',
        files: ['.'],
        commands: ['bash build.sh'],
        network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
        secrets: ['*'],
        outputs: ['.'],
      })
    : null
  return {
    ok: true,
    tools: [],
    steps: build === null ? [] : [build],
    caches: {},
    include: [{ step: build === null ? 'source' : 'build', paths: ['.'] }],
    env: {},
    static: null,
    processes: view.exists('start.sh') ? { web: { command: 'bash start.sh', from: 'start.sh' } } : {},
    notes: [],
  }
}
