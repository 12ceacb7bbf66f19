import type { HealthCheck } from '../../server/contract/health-checks.ts'
import type { InstanceRecord } from './instance-record.ts'
import { describeProbe, paceOf, startupProbe, type Target } from './probe.ts'
import type { Prober } from './probe-client.ts'

const readinessId = (instance: string) => `${instance}/readiness`
const livenessId = (instance: string) => `${instance}/liveness`

const target = (record: InstanceRecord, health: HealthCheck, probe: Target['probe']): Target => ({
  address: record.placement.address,
  port: health.port,
  probe,
})

/** Asks a starting instance until it answers. */
export function untilUp(
  prober: Prober,
  record: InstanceRecord,
  health: HealthCheck,
  ready: () => void,
): void {
  prober.watch(record.spec.id, target(record, health, startupProbe(health)), ready)
}

/** What a running instance's checks lead to; `why` is a sentence without its full stop. */
export interface Consequences {
  /** null: it answers again. */
  unready(why: string | null): void
  dead(why: string): void
}

/** Keeps asking a ready instance what it wants to be asked. Goes on from where it stood before the agent was replaced. */
export function keepWatch(prober: Prober, record: InstanceRecord, consequences: Consequences): void {
  const { id, health } = record.spec
  const { status } = record.state
  if (health === null || status.status !== 'ready') return
  const { readiness, liveness, port } = health
  if (readiness !== undefined)
    prober.check(
      readinessId(id),
      target(record, health, readiness),
      paceOf(readiness),
      status.unready === undefined,
      (ok, why) => consequences.unready(ok ? null : `${describeProbe(readiness, port)} ${why}`),
    )
  if (liveness !== undefined)
    prober.check(livenessId(id), target(record, health, liveness), paceOf(liveness), true, (ok, why) => {
      if (!ok) consequences.dead(`${describeProbe(liveness, port)} ${why}`)
    })
}

/** No more questions to an instance that ends. */
export function endWatch(prober: Prober, instance: string): void {
  for (const id of [instance, readinessId(instance), livenessId(instance)]) prober.cancel(id)
}
