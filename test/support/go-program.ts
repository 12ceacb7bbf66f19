import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** Path of a program, compiled from its Go module once for the machine, which takes a few minutes. */
export async function goProgram(name: string, module: string, version: string): Promise<string> {
  const program = `/var/cache/skypanel/${name}/${version}/${name}`
  if (existsSync(program)) return program
  mkdirSync(dirname(program), { recursive: true })
  // Beside its place, for /tmp may be another file system.
  const folder = mkdtempSync(join(dirname(program), 'new-'))
  try {
    await promisify(execFile)('go', ['install', `${module}@v${version}`], {
      cwd: folder,
      env: {
        ...process.env,
        GOBIN: folder,
        GOFLAGS: '-modcacherw',
        PATH: `${process.env['PATH'] ?? ''}:/usr/local/go/bin`,
      },
      maxBuffer: 64 << 20,
    })
    renameSync(join(folder, name), program)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return program
}
