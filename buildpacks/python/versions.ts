import type { FileView } from '../file-view.ts'
import { own } from '../own.ts'
import type { Note, Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import { type Declared, fromToolFiles, fromVersionFile, parsed, tableOf } from '../tool-files.ts'
import { OTHER_PYTHONS, pythonLayer } from './debian.ts'
import { allowsMinor, isRequirement } from './specifier.ts'

export interface Interpreter {
  readonly ok: true
  readonly tool: Tool
  /** Its program: `/usr/bin/python3`, or `/usr/bin/python3.11` of a layer. */
  readonly program: string
  readonly notes: readonly Note[]
}

/** Minor versions that can be had besides the stack's, the newest first. */
const LAYERED = OTHER_PYTHONS.map((version) => Number(version.slice(2))).sort((a, b) => b - a)

/** The oldest that anything is known of. */
const OLDEST = 7
const NEWEST = 20

/**
 * Which Python the app asks for. The stack's where that fits, else the nearest that can be had as a layer over it; its
 * patch level is the one that Debian keeps safe. What nobody has stays in the plan as asked, and the build says so.
 */
export function interpreter(context: PlanContext): Interpreter | Refusal {
  const { view, settings, manifest } = context
  const stack = Number((manifest.defaults['stackPython'] ?? '3.13').split('.')[1])
  const set = override(settings, 'SKYPANEL_PYTHON_VERSION', 'PYTHON_VERSION')
  const asked = (set === null ? null : { text: set.value, from: set.name }) ??
    declared(view) ?? { text: '*', from: 'default' }
  if (!isRequirement(asked.text)) {
    return refuse(
      `${asked.from} asks for Python "${asked.text.slice(0, 60)}", which is not a version`,
      `Write it as in \`3.${stack}\`.`,
    )
  }
  const fits = (minor: number) => allowsMinor(asked.text, minor)
  // One above first: what asks for at least 3.14 is not served by what came before.
  const have = fits(stack)
    ? stack
    : (LAYERED.toReversed().find((one) => one > stack && fits(one)) ?? LAYERED.find(fits))
  const known = Array.from({ length: NEWEST - OLDEST }, (_, index) => NEWEST - index)
  const minor = have ?? known.find(fits)
  if (minor === undefined) {
    return refuse(
      `${asked.from} asks for Python ${asked.text}, which nobody has`,
      `Write 3.${stack} into .python-version, or remove ${asked.from}.`,
    )
  }
  const patch = /^(?:python-|cpython-|==)?3\.\d+\.(\d+)$/.exec(asked.text.trim())?.[0].replace(/^[^\d]*/, '')
  const layer = minor === stack ? null : pythonLayer(`3.${minor}`)
  const tool = request({
    name: 'python',
    want: asked.text === '*' ? '*' : `3.${minor}`,
    from: asked.from,
    source: minor === stack ? 'stack' : 'debian',
    phase: ['build', 'run'],
    ...(layer === null ? {} : { layer }),
  })
  const program = minor === stack ? '/usr/bin/python3' : `/usr/bin/python3.${minor}`
  return {
    ok: true,
    tool,
    program,
    notes: patch === undefined ? [] : [patchNote(patch, minor, minor === stack)],
  }
}

function declared(view: FileView): Declared | null {
  const lock = tableOf(json(view, 'Pipfile.lock'), '_meta', 'requires')
  const pipfile = tableOf(parsed(view, 'Pipfile'), 'requires')
  const project = parsed(view, 'pyproject.toml')
  return (
    fromVersionFile(view, '.python-version') ??
    fromVersionFile(view, 'runtime.txt') ??
    fromToolFiles(view, 'python') ??
    text(pipfile, 'python_full_version', 'Pipfile') ??
    text(pipfile, 'python_version', 'Pipfile') ??
    text(lock, 'python_version', 'Pipfile.lock') ??
    text(tableOf(project, 'project'), 'requires-python', 'pyproject.toml#project.requires-python') ??
    text(
      tableOf(project, 'tool', 'poetry', 'dependencies'),
      'python',
      'pyproject.toml#tool.poetry.dependencies.python',
    )
  )
}

function text(table: Readonly<Record<string, unknown>>, key: string, from: string): Declared | null {
  const value = own(table, key)
  return typeof value === 'string' && value.trim() !== '' ? { text: value.trim(), from } : null
}

function json(view: FileView, path: string): Readonly<Record<string, unknown>> {
  const file = view.read(path, 16 << 20)
  if (!file.ok) return {}
  try {
    const value: unknown = JSON.parse(file.text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function patchNote(patch: string, minor: number, ofStack: boolean): Note {
  const whose = ofStack ? "the stack's" : "Debian's"
  return {
    level: 'info',
    code: 'python.version.patch',
    message: `Python ${patch} was asked for; ${whose} 3.${minor} is used, at its own patch level.`,
  }
}
