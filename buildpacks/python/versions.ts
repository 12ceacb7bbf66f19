import type { Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'

/**
 * Which Python the app asks for. The stack carries one minor version, and its patch level is the stack's: security
 * fixes come with it. Another minor is refused rather than silently replaced.
 */
export function versions({
  view,
  settings,
  manifest,
}: PlanContext): { ok: true; tools: Tool[]; patch: string | null } | Refusal {
  const stack = manifest.defaults['stackPython'] ?? ''
  const set = override(settings, 'SKYPANEL_PYTHON_VERSION', 'PYTHON_VERSION')
  const declared = (set === null ? null : { text: set.value, from: set.name }) ??
    fromFile(view, '.python-version') ??
    fromFile(view, 'runtime.txt') ?? { text: '*', from: 'default' }
  const asked = /^(?:python-|cpython-)?(\d+)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?$/i.exec(declared.text)
  const python = (want: string): Tool =>
    request({ name: 'python', want, from: declared.from, source: 'stack', phase: ['build', 'run'] })
  if (declared.text === '*') return { ok: true, tools: [python('*')], patch: null }
  if (asked === null) {
    return refuse(
      `${declared.from} asks for Python "${declared.text.slice(0, 60)}", which is not a version`,
      `Write it as in \`${stack}\`.`,
    )
  }
  const [, major = '', minor = '', patch = ''] = asked
  const wanted = /^\d+$/.test(minor) ? `${major}.${minor}` : major
  if (wanted !== stack && wanted !== stack.split('.')[0]) {
    return refuse(
      `${declared.from} asks for Python ${declared.text}, and this platform has Python ${stack} only`,
      `Write ${stack} into .python-version, or remove ${declared.from}. Other versions are not available yet.`,
    )
  }
  return { ok: true, tools: [python(wanted)], patch: /^\d+$/.test(patch) ? `${wanted}.${patch}` : null }
}

function fromFile(view: PlanContext['view'], from: string): { text: string; from: string } | null {
  const file = view.read(from, 4096)
  if (!file.ok) return null
  const line = file.text
    .split('\n')
    .map((one) => one.replace(/#.*/, '').trim())
    .find((one) => one !== '')
  return line === undefined ? null : { text: line, from }
}
