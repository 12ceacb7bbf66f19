import type { DriverName } from '../contract/drivers.ts'
import type { InstanceSpec } from '../contract/nodes.ts'
import type { AppId } from '../contract/ids.ts'
import { sealContext } from '../config-vars/read-config.ts'
import { DomainError } from '../domain/errors.ts'
import { isRouted } from '../domain/release.ts'
import { limitsOf } from '../domain/sizes.ts'
import type { Sealer } from '../secrets/sealer.ts'
import type { InstanceRow } from '../store/instances.ts'
import type { ReleaseRow } from '../store/releases.ts'
import type { DeploySettings } from './deploy-context.ts'
import { healthOf, healthWish } from './health-of.ts'

/** The port that every instance listens on, in a network namespace of its own; the set-up's figure. */
export const APP_PORT = 5000

/** What the extra environment of a one-off is sealed for. */
export const runContext = (app: AppId, instance: string): readonly string[] => ['run-env', app, instance]

/** Everything that a node needs to start an instance. The config is opened here and travels to the node alone. */
export function instanceSpec(
  ctx: { readonly seal: Sealer; readonly settings: Pick<DeploySettings, 'bootTimeout' | 'grace'> },
  app: {
    readonly id: AppId
    readonly name: string
    readonly health_check_path: string | null
    readonly driver: DriverName | null
  },
  release: ReleaseRow,
  instance: InstanceRow,
  size: string,
): InstanceSpec {
  if (release.artifact === null || release.collected) {
    throw new DomainError('release_collected', `The build of v${release.version} is gone; push again.`)
  }
  const name = `${instance.type}.${instance.number}`
  const command = instance.command ?? release.process_types[instance.type]
  if (command === undefined)
    throw new DomainError('process_type_unknown', `v${release.version} has no process type ${instance.type}.`)
  const driver = app.driver ?? release.driver
  const routed = instance.kind === 'service' && isRouted(instance.type)
  return {
    id: instance.id,
    app: app.id,
    appName: app.name,
    name,
    type: instance.type,
    kind: instance.kind,
    release: release.version,
    build: release.build_id,
    artifact: release.artifact,
    command,
    env: {
      ...openConfig(ctx.seal, app.id, release.config),
      ...openExtra(ctx.seal, app.id, instance),
      PORT: String(APP_PORT),
      DYNO: name,
      SKYPANEL_APP_NAME: app.name,
      SKYPANEL_RELEASE: `v${release.version}`,
    },
    limits: limitsOf(size),
    health:
      instance.kind === 'service'
        ? healthOf(healthWish(release, instance.type), {
            routed,
            path: routed ? app.health_check_path : null,
            port: APP_PORT,
            bootTimeout: ctx.settings.bootTimeout,
          })
        : null,
    grace: ctx.settings.grace,
    routed,
    ...(routed && instance.held ? { held: true } : {}),
    pty: instance.run?.pty ?? null,
    attach: instance.run?.attach ?? false,
    ...(driver === null ? {} : { driver }),
  }
}

export function openConfig(
  seal: Sealer,
  app: AppId,
  config: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([name, sealed]) => [
      name,
      seal.open(Buffer.from(sealed, 'base64'), sealContext(app, name)),
    ]),
  )
}

function openExtra(seal: Sealer, app: AppId, { id, run }: InstanceRow): Record<string, string> {
  if (run === null) return {}
  // Sealed by createRun, so its shape is ours.
  return JSON.parse(seal.open(Buffer.from(run.env, 'base64'), runContext(app, id))) as Record<string, string>
}
