import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BuildPlan } from '../../buildpacks/plan.ts'
import { type Advisories, type Asked, createAdvisories } from '../advisories/ask-sources.ts'
import { checkLines, refusal } from '../advisories/verdict.ts'
import { collectComponents } from '../bom/collect-components.ts'
import type { Component, Finding } from '../bom/component.ts'
import { readLocks } from '../bom/lock-files.ts'
import type { VulnerabilityPolicy } from '../contract/apps.ts'
import type { Artifact } from '../contract/nodes.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { readRegistries } from './plan-source.ts'
import { indent } from './output.ts'

/** ms that a finished build waits for who has not answered yet. Blocking is worth a wait, a warning is not. */
const PATIENCE = { warn: 1_500, block: 30_000 } as const

/** ms that the sources have while the build runs. */
const EARLY = 60_000

export interface Stock {
  readonly components: readonly Component[]
  readonly findings: readonly Finding[]
  readonly lines: readonly string[]
  /** Why it must not be released; null: it may. */
  readonly refusal: string | null
}

/** One for each place of the registries' file: what a source said is kept in memory and on disk. */
const advisoriesOf = new Map<string, Advisories>()

/**
 * Looks at what a build is made of beside the build itself: the lock files are read and asked about while it runs, what
 * it has put into the release is looked at when it is done. It never fails a build by itself: what cannot be found out
 * is said.
 */
export function takeStock(
  ctx: Pick<DeployContext, 'settings' | 'log'>,
  build: { readonly id: string; readonly folder: string; readonly plan: BuildPlan },
  policy: VulnerabilityPolicy,
): { finish(artifact: Artifact): Promise<Stock> } {
  const locks = Promise.resolve().then(() => readLocks(build.folder, build.plan.source.root))
  // Asked early, the sources have answered (into the cache) by the time that the build is done.
  const early =
    policy === 'off'
      ? Promise.resolve()
      : Promise.all([locks, advisories(ctx)])
          .then(([{ declared }, sources]) =>
            sources.ask(
              declared.filter(({ dev }) => !dev),
              Date.now(),
              AbortSignal.timeout(EARLY),
            ),
          )
          .then(
            () => undefined,
            () => undefined, // Met again, and told, when the build is done.
          )
  return {
    async finish(artifact) {
      try {
        const { declared, broken } = await locks
        const components = await collectComponents(artifact, build.plan, declared, ctx.settings.nix)
        const lines = broken.map((text) => indent(`A lock file could not be read: ${text}`))
        if (policy === 'off') return { components, findings: [], lines, refusal: null }
        const patience = AbortSignal.timeout(PATIENCE[policy])
        await Promise.race([early, sleep(PATIENCE[policy], undefined, { ref: false })])
        const asked: Asked = await (await advisories(ctx)).ask(components, Date.now(), patience)
        return {
          components,
          findings: asked.findings,
          lines: [...lines, ...checkLines(asked)],
          refusal: refusal(policy, asked.findings),
        }
      } catch (error) {
        ctx.log.warn({ build: build.id, error: String(error) }, 'what a build holds could not be listed')
        return {
          components: [],
          findings: [],
          lines: [indent('What this release holds could not be listed; nothing is said of vulnerabilities')],
          refusal: null,
        }
      }
    },
  }
}

async function advisories({ settings }: Pick<DeployContext, 'settings'>): Promise<Advisories> {
  const key = JSON.stringify([settings.registries, settings.osv])
  const before = advisoriesOf.get(key)
  if (before !== undefined) return before
  const made = createAdvisories(
    await readRegistries(settings.registries),
    settings.osv,
    join(settings.inventoryCache, 'advisories'),
  )
  advisoriesOf.set(key, made)
  return made
}
