import { spawn } from 'node:child_process'
import type { Done } from './cli.ts'
import type { TestApp } from './platform.ts'

/** A push under way that can be broken off as people do, by Ctrl-C: the whole process group hears it. */
export function startPush(app: TestApp): { interrupt(): void; readonly done: Promise<Done> } {
  const child = spawn('git', ['push', 'skypanel', 'main'], {
    cwd: app.folder,
    env: { ...app.platform.cli.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const done = new Promise<Done>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 128, stdout, stderr }))
  })
  return {
    interrupt() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT')
    },
    done,
  }
}
