import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { AskedLanguage } from '../../../buildpacks/asked.ts'
import type { Inventories } from '../../../buildpacks/inventory/inventory.ts'
import type { BuildPlan } from '../../../buildpacks/plan.ts'
import type { Cli } from '../../cli.ts'
import type { Action } from '../../command.ts'
import { CliError } from '../../exit.ts'
import { capture } from '../../spawn.ts'
import { version } from '../../version.ts'

/** The registry that npm itself is configured to use; without npm, versions stay open. */
async function inventories(cli: Cli): Promise<Inventories | null> {
  const { code, stdout } = await capture(['npm', 'config', 'get', 'registry'])
  const registry = stdout.trim()
  if (code !== 0 || !URL.canParse(registry)) return null
  const { createInventories } = await import('../../../buildpacks/inventory/inventories.ts')
  return createInventories({ npm: { registry } }, cli.environment.cacheFolder, process.arch)
}

/** Prints how a folder would be built and why. Needs no platform and no login. */
export const detect: Action = async (cli, input) => {
  const folder = resolve(input.args[0] ?? '.')
  const found = await stat(folder).catch(() => null)
  if (found === null || !found.isDirectory()) {
    throw new CliError('no_folder', `${folder} is not a folder.`, { hint: 'Type: skypanel detect DIR' })
  }
  const root = input.text('root')
  const config: Record<string, string> = root === undefined ? {} : { SKYPANEL_ROOT: root }
  if (input.flag('explain')) {
    const { askedAbout } = await import('../../../buildpacks/asked.ts')
    const asked = await askedAbout(folder, config)
    if (!asked.ok) throw new CliError('no_buildpack', asked.message, { hint: asked.hint })
    if (input.flag('json')) {
      cli.json(asked.asked)
      return
    }
    cli.print(explanation(asked.asked))
  }
  const { planFolder } = await import('../../../buildpacks/plan-folder.ts')
  const result = await planFolder(folder, {
    config,
    builder: `skypanel ${version()}`,
    inventories: input.flag('offline') ? null : await inventories(cli),
    versions: 'open',
    now: Date.now(),
  })
  if (!result.ok) {
    const asked = result.asked.map(({ provider, why }) => `  ${provider}: ${why}`)
    throw new CliError('no_buildpack', [result.message, ...asked].join('\n'), { hint: result.hint })
  }
  if (input.flag('json')) cli.json(result.plan)
  else cli.print(summary(result.plan))
}

/** Every language that was asked, the chosen one marked. */
export function explanation(asked: readonly AskedLanguage[]): string {
  const width = Math.max(...asked.map(({ provider }) => provider.length))
  const lines = asked.map(({ provider, confidence, evidence, why, chosen }) => {
    const sure = confidence === 0 ? '  no' : `${String(Math.round(confidence * 100)).padStart(3)}%`
    const seen = evidence.length === 0 ? '' : ` (${evidence.join(', ')})`
    return `${chosen ? '*' : ' '} ${provider.padEnd(width)} ${sure}  ${why}${seen}`
  })
  return `=== Asked\n${lines.join('\n')}\n`
}

/** Sources that carry one version, which is therefore not chosen. */
const OWN: Readonly<Record<string, string>> = { stack: 'the stack', debian: 'Debian' }

/** `22.21.0 from npm`, or that the stack's own is taken. */
function versionOf(tool: BuildPlan['tools'][number]): string {
  if (tool.version !== null) return `${tool.version} from ${tool.source}`
  const where = OWN[tool.source]
  if (where === undefined) return `${tool.want} from ${tool.source} (not resolved)`
  return `${tool.want === '*' ? '' : `${tool.want} `}as ${where} has it`
}

/** A script of many lines is in the JSON; here it would hide the other steps. */
function firstLine(command: string): string {
  const lines = command.split('\n')
  return lines.length === 1 ? command : `${lines[0] ?? ''} … (${lines.length} lines)`
}

/** What the Dockerfile's images mean here. */
function basesOf({ image }: BuildPlan): string[] {
  if (image === undefined) return []
  const meant = (base: (typeof image.bases)[number]['base']) =>
    base.kind === 'made'
      ? `${base.title}, made from Debian's packages`
      : base.kind === 'stack'
        ? `the ${base.which} stack`
        : base.kind === 'pull'
          ? `pulled as ${base.from} from its registry`
          : 'nothing'
  const target = image.target === null ? '' : ` (stage ${image.target})`
  return [
    `  ${image.dockerfile}${target}`,
    ...image.bases.map(({ line, image: name, base }) => `    line ${line}: ${name} is ${meant(base)}`),
  ]
}

export function summary(plan: BuildPlan): string {
  const detected = plan.detected.map(({ provider, role, evidence }) => {
    const files = evidence.map(({ file }) => file).join(', ')
    return `  ${provider}${role === 'companion' ? ' (beside)' : ''}: ${files === '' ? 'by default' : files}`
  })
  const tools = plan.tools.map((tool) => `  ${tool.name} ${versionOf(tool)}: ${tool.from}`)
  const steps = plan.steps.flatMap((step) => [
    `  ${step.name}${step.network ? ' (with network)' : ''}`,
    ...step.commands.map((command) => `    $ ${firstLine(command)}`),
  ])
  const processes = Object.entries(plan.release.processes).map(
    ([type, { command, from }]) => `  ${type}: ${command} (${from})`,
  )
  const { health = {}, cron = [] } = plan.release
  const checks = Object.entries(health).map(([type, { startup, readiness, liveness }]) => {
    const kinds = { 'start-up': startup, readiness, liveness }
    const named = Object.entries(kinds).flatMap(([kind, probe]) =>
      probe === null ? [] : [`${kind} ${probe.path ?? 'by its port'}`],
    )
    return `  ${type}: ${named.join(', ')}`
  })
  const scheduled = cron.map(
    ({ name, schedule, command, from }) => `  ${name} (${schedule}): ${command} (${from})`,
  )
  const packages = [...new Set([...plan.systemPackages.build, ...plan.systemPackages.run])].map(
    (name) => `  ${name}`,
  )
  const notes = plan.notes.map(({ level, message }) => `  ${level === 'warn' ? '! ' : ''}${message}`)
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Detected', detected],
    ['Tools', tools],
    ['System packages', packages],
    ['Steps', steps],
    ['Image', basesOf(plan)],
    ['Processes', processes],
    ['Health checks', checks],
    ['Cron', scheduled],
    ['Notes', notes],
  ]
  return sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `=== ${title}\n${lines.join('\n')}\n`)
    .join('\n')
}
