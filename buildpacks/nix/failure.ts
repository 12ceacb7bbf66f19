import type { BuildLimits, BuildOutcome } from '../engine.ts'
import { explainFailure } from '../explain.ts'
import { TEST_STEP } from '../test-stage.ts'
import type { StageEnd } from './run-stage.ts'

/** A build that cannot go on; carries what the one who pushed is told. */
export class BuildStopped extends Error {
  readonly outcome: Extract<BuildOutcome, { ok: false }>

  constructor(code: Extract<BuildOutcome, { ok: false }>['code'], message: string, hint: string | null) {
    super(message)
    this.outcome = { ok: false, code, message, hint }
  }
}

export const canceled = () => new BuildStopped('build_canceled', 'The build was canceled', null)

const NO_SPACE = /ENOSPC|No space left on device/i
const TAIL = 12

/** The sentence for a stage that did not end well. Pure. */
export function explainEnd(
  end: Exclude<StageEnd, { ok: true }>,
  step: string,
  provider: string,
  tail: readonly string[],
  limits: BuildLimits,
): BuildStopped {
  switch (end.reason) {
    case 'canceled':
      return canceled()
    case 'time':
      return new BuildStopped(
        'build_failed',
        `The step "${step}" was ended: the build took longer than ${limits.seconds} seconds`,
        'Make the build shorter, or raise the time limit of builds.',
      )
    case 'memory':
      return new BuildStopped(
        'build_failed',
        `The step "${step}" was killed: it used more than ${limits.memoryMb} MB of memory`,
        'Let the build use less memory (e.g. fewer parallel jobs), or raise the memory limit of builds.',
      )
    case 'disk':
      // Ended before it reached its limit: it was the machine's reserve that it touched.
      if ((end.usedMb ?? 0) <= limits.diskMb)
        return new BuildStopped(
          'disk_full',
          `The step "${step}" was ended: it left hardly any space on the machine's disk (it wrote ${end.usedMb ?? 0} MB)`,
          'Free space on the machine, or remove old releases.',
        )
      return new BuildStopped(
        'build_failed',
        `The step "${step}" was ended: it wrote ${end.usedMb ?? 0} MB, the limit is ${limits.diskMb} MB`,
        'Let the build write less, or raise the disk limit of builds.',
      )
    case 'leak':
      return new BuildStopped(
        'build_failed',
        `The value of the config var ${end.name} was found in ${end.file}, which "${step}" made`,
        `Releases hold no secrets: read ${end.name} when the app starts. If it is meant for browsers, give it a public name of your framework (e.g. VITE_…, NEXT_PUBLIC_…).`,
      )
    case 'nix':
      return new BuildStopped(
        'internal_error',
        `Nix could not run the step "${step}": ${end.text}`,
        'Look at the agent\'s log, and run "npm run doctor".',
      )
    case 'failed': {
      // A stage that ran no command (e.g. a download) leaves only what Nix said.
      const lines = tail.length > 0 ? tail : end.text.split('\n')
      const output = lines.join('\n')
      if (NO_SPACE.test(output))
        return new BuildStopped(
          'disk_full',
          `The step "${step}" failed: no space left on the machine's disk`,
          'Free space on the machine, or remove old releases.',
        )
      const last = lines.slice(-TAIL).filter((line) => line.trim() !== '')
      // What tests print of the app is no fault of the build.
      if (step === TEST_STEP)
        return new BuildStopped(
          'build_failed',
          `The app's tests failed, so nothing is released. Their last lines: ${last.length === 0 ? '(none)' : `\n${last.join('\n')}`}`,
          'Run the same command on your machine, mend what it finds, and push again.',
        )
      const known = explainFailure(provider, output)
      return new BuildStopped(
        'build_failed',
        known?.message ??
          `The step "${step}" failed. Its last lines: ${last.length === 0 ? '(none)' : `\n${last.join('\n')}`}`,
        known?.hint ?? null,
      )
    }
  }
}

/** Whether a stage failed because it wanted to change a file of a layer beneath, which is read-only. */
export function wantsToWriteBelow(tail: readonly string[]): boolean {
  return tail.some(
    (line) =>
      (/EACCES|EROFS|permission denied|read-only file system/i.test(line) &&
        /\/app\/|node_modules|\.venv/.test(line)) ||
      // It keeps to itself why a file could not be written.
      /\*\*ERROR\*\* Failed to apply patch for package/.test(line),
  )
}
