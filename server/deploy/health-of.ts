import { z } from 'zod'
import { ProcessHealth } from '../../buildpacks/plan.ts'
import type { HealthCheck, Probe } from '../contract/health-checks.ts'
import type { ReleaseRow } from '../store/releases.ts'

const Healths = z.record(z.string(), ProcessHealth).nullable().catch(null)

/** The checks that a release has for a process type; null: none of its own. */
export function healthWish(release: Pick<ReleaseRow, 'health'>, type: string): ProcessHealth | null {
  const all = Healths.parse(release.health ?? null)
  return all !== null && Object.hasOwn(all, type) ? (all[type] ?? null) : null
}

/**
 * What a node asks of a service: routed ones are always asked, others where the release says so. The release's own
 * words come before the app's setting.
 */
export function healthOf(
  wish: ProcessHealth | null,
  at: {
    readonly routed: boolean
    readonly path: string | null
    readonly port: number
    readonly bootTimeout: number
  },
): HealthCheck | null {
  if (wish === null && !at.routed) return null
  const whole = <Wish extends Probe>(probe: Wish): Wish => ({ ...probe, path: pathOf(probe, at.path) })
  return {
    path: at.path,
    port: at.port,
    bootTimeout: wish?.bootTimeout ?? at.bootTimeout,
    ...(wish?.startup == null ? {} : { startup: whole(wish.startup) }),
    ...(wish?.readiness == null ? {} : { readiness: whole(wish.readiness) }),
    ...(wish?.liveness == null ? {} : { liveness: whole(wish.liveness) }),
  }
}

/** A check that only says what the answer is like is about the app's path, or else about its front page. */
function pathOf({ path, host, body, status }: Probe, app: string | null): string | null {
  const portIsEnough =
    host === null && body === null && status.every(([low, high]) => low === 100 && high === 399)
  return path ?? app ?? (portIsEnough ? null : '/')
}
