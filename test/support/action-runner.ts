import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CHECKOUT, runProgram } from './cli.ts'
import type { TestPlatform } from './platform.ts'

export interface ActionRun {
  readonly code: number
  /** What the runner reads: text and commands. */
  readonly log: string
  readonly stderr: string
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

/** A runner's part: the environment of a step, the files it reads afterwards, and its own workspace. */
export class ActionRunner implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'skypanel-runner-'))
  /** Of the platform's administrator. */
  readonly token: string
  readonly #host: string

  private constructor(host: string, token: string) {
    this.#host = host
    this.token = token
  }

  static async load({ facts }: TestPlatform): Promise<ActionRunner> {
    return new ActionRunner(new URL(facts.api).origin, (await readFile(facts.tokenFile, 'utf8')).trim())
  }

  /** What every workflow gives, and `more`. */
  inputs(app: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { host: this.#host, token: this.token, app, ...more }
  }

  /** Runs the committed bundle on a workspace, with inputs as `with:` gives them. */
  async run(
    workspace: string,
    inputs: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<ActionRun> {
    const output = join(this.folder, 'output')
    const summary = join(this.folder, 'summary')
    for (const file of [output, summary]) writeFileSync(file, '')
    const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])
    const { code, stdout, stderr } = await runProgram(
      [process.execPath, join(CHECKOUT, 'github-action', 'dist', 'index.js')],
      {
        cwd: workspace,
        env: {
          PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
          HOME: this.folder,
          CI: 'true',
          GITHUB_ACTIONS: 'true',
          GITHUB_WORKSPACE: workspace,
          GITHUB_REPOSITORY: 'example/shop',
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: summary,
          RUNNER_TEMP: this.folder,
          ...Object.fromEntries(given),
          ...env,
        },
      },
    )
    return {
      code,
      log: stdout,
      stderr,
      outputs: readOutputs(readFileSync(output, 'utf8')),
      summary: readFileSync(summary, 'utf8'),
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** `name<<delimiter`, lines, `delimiter`: as the runner reads its file. */
export function readOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {}
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, delimiter] = /^([^<]+)<<(.+)$/.exec(lines[at] ?? '') ?? []
    if (name === undefined) continue
    const value: string[] = []
    for (at += 1; at < lines.length && lines[at] !== delimiter; at += 1) value.push(lines[at] ?? '')
    outputs[name] = value.join('\n')
  }
  return outputs
}

/** The commands that a runner would obey: those between `stop-commands` and its end are text. */
export function commandsOf(log: string): string[] {
  let stopped: string | null = null
  return log.split('\n').filter((line) => {
    if (stopped !== null) {
      if (line === `::${stopped}::`) stopped = null
      return false
    }
    const [, token] = /^::stop-commands::(.+)$/.exec(line) ?? []
    if (token !== undefined) stopped = token
    // Commands of the first form are found anywhere in a line.
    return token === undefined && (line.trimStart().startsWith('::') || line.includes('##['))
  })
}
