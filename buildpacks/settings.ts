/**
 * What a plan may know of an app's config vars: the values of the few that steer a build, and the names of all. The
 * other values never come near a plan.
 */
export interface PlanSettings {
  /** Name and version of the builder, recorded in the plan. */
  readonly builder: string
  readonly overrides: Readonly<Record<string, string>>
  readonly names: readonly string[]
  /** Images that the operator has approved others for: name in FROM → what is meant. */
  readonly images?: Readonly<Record<string, string>>
}

const STEERING = new Set([
  'NODE_VERSION',
  'PYTHON_VERSION',
  'DISABLE_COLLECTSTATIC',
  'USE_NPM_INSTALL',
  'NPM_CONFIG_PRODUCTION',
  'PROJECT_PATH',
  'BUILDPACK_URL',
  'GOVERSION',
  'GO_VERSION',
  'GO_INSTALL_PACKAGE_SPEC',
])

/** Whether a config var steers the build, so that its value is in the plan for everybody who may see the app. */
export function steersBuild(name: string): boolean {
  return name.startsWith('SKYPANEL_') || STEERING.has(name)
}

export function settingsFrom(
  config: Readonly<Record<string, string>>,
  builder: string,
  images: Readonly<Record<string, string>> = {},
): PlanSettings {
  const entries = Object.entries(config)
    .filter(([name]) => steersBuild(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return { builder, overrides: Object.fromEntries(entries), names: Object.keys(config).sort(), images }
}

/** The first of the names that is set to something. */
export function override(
  settings: PlanSettings,
  ...names: readonly string[]
): { name: string; value: string } | null {
  for (const name of names) {
    const value = settings.overrides[name]?.trim()
    if (value !== undefined && value !== '') return { name, value }
  }
  return null
}

/** `1`, `true`, `yes` and `on` say yes; everything else that is set says no; unset is null. */
export function flag(settings: PlanSettings, name: string): boolean | null {
  const set = override(settings, name)
  return set === null ? null : /^(1|true|yes|on)$/i.test(set.value)
}
