import type { FileView } from '../file-view.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { override } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { readTasks } from './config.ts'

const ENTRIES = ['main', 'server', 'mod', 'index', 'app', 'src/main', 'src/server', 'src/index'].flatMap(
  (name) => [`${name}.ts`, `${name}.tsx`, `${name}.js`],
)
const ENV = { DENO_DIR: '/app/.deno', DENO_NO_UPDATE_CHECK: '1', DENO_NO_PROMPT: '1' }
const VERSION = /^v?(\d+)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?$/

export function plan({ view, settings, procfile }: PlanContext): LanguagePlan | Refusal {
  const set = override(settings, 'SKYPANEL_DENO_VERSION', 'DENO_VERSION')
  const declared = (set === null ? null : { text: set.value, from: set.name }) ??
    fromVersionFile(view, '.deno-version') ??
    fromVersionFile(view, '.dvmrc') ??
    fromToolFiles(view, 'deno') ?? { text: '*', from: 'default' }
  const want = ['*', 'latest', 'lts'].includes(declared.text) ? '*' : declared.text.replace(/^v/, '')
  if (want !== '*' && !VERSION.test(want))
    return refuse(
      `${declared.from} asks for Deno "${declared.text.slice(0, 60)}", which is not a version`,
      'Write it as in `2.4.1`.',
    )
  const tasks = readTasks(view)
  const entry = ENTRIES.find((path) => view.exists(path)) ?? null
  const named = procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null
  const start = startOf(view, tasks, entry)
  if (start === null && !named && Object.keys(procfile).length === 0) {
    return refuse(
      'This Deno app has nothing to start',
      'Add a task `start` to deno.json, or a main.ts that listens on the port in $PORT.',
    )
  }
  const locked = view.exists('deno.lock')
  const frozen = locked ? ' --frozen' : ''
  const fetched = step({
    name: 'install',
    files: ['deno.json', 'deno.jsonc', 'deno.lock', 'package.json', 'import_map.json'],
    commands: ['mkdir -p .deno', ...(hasDependencies(view) ? [`deno install${frozen}`] : [])],
    env: ENV,
    network: true,
    secrets: ['DENO_AUTH_TOKENS'],
    outputs: ['.deno', 'node_modules'],
  })
  const build = step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    // Modules that only the code names; what the install found already is not asked for again.
    commands: [
      ...(entry === null ? ['mkdir -p .deno'] : [`deno cache${frozen} ${entry}`]),
      ...(tasks['build'] === undefined ? [] : ['deno task build']),
    ],
    env: ENV,
    network: true,
    secrets: ['*'],
    outputs: ['.'],
  })
  return {
    ok: true,
    tools: [request({ name: 'deno', want, from: declared.from, source: 'npm', phase: ['build', 'run'] })],
    steps: [fetched, build],
    caches: {},
    include: [
      { step: 'build', paths: ['.'] },
      { step: 'install', paths: ['.deno', 'node_modules'] },
    ],
    env: ENV,
    static: null,
    processes: start === null || named ? {} : { web: start },
    notes: locked
      ? []
      : [
          {
            level: 'warn',
            code: 'deno.lock.missing',
            message:
              'There is no deno.lock, so each build may bring other versions: run `deno install`, and commit it.',
          },
        ],
  }
}

/** The command behind a task is started itself where it is one of Deno's: a task runner would keep signals to itself. */
function startOf(
  view: FileView,
  tasks: Readonly<Record<string, string>>,
  entry: string | null,
): { command: string; from: string } | null {
  const task = tasks['start']
  if (task !== undefined) {
    const plain = /^deno (?:run|serve) [^;&|<>`$]*$/.test(task) && !task.includes('--watch')
    return { command: plain ? task : 'deno task start', from: 'deno.json#tasks.start' }
  }
  if (entry === null) return null
  const file = view.read(entry)
  const exported = file.ok && /^export default\b[\s\S]*\bfetch\b/m.test(file.text)
  const command = exported
    ? `deno serve --cached-only --allow-net --allow-env --allow-read --host 0.0.0.0 --port $PORT ${entry}`
    : `deno run --cached-only --allow-net --allow-env --allow-read ${entry}`
  return { command, from: entry }
}

function hasDependencies(view: FileView): boolean {
  return ['deno.json', 'deno.jsonc', 'package.json'].some((path) => {
    const file = view.read(path)
    return file.ok && /"(?:imports|dependencies)"\s*:/.test(file.text)
  })
}
