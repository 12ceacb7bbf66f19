import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../runner/ports.mjs'
import { goProgram } from './go-program.ts'

export interface S3Server {
  readonly endpoint: string
  /** The objects of a bucket as files. */
  bucket(name: string): string
  /** A file with the access key, as the AWS CLI keeps it. */
  readonly credentials: string
  readonly secret: string
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

/** A store of its own on loopback; buckets are folders, so a test can look at what arrived and spoil it. */
export async function openS3(): Promise<S3Server> {
  const program = await goProgram('versitygw', 'github.com/versity/versitygw/cmd/versitygw', '1.8.0')
  const folder = mkdtempSync(join(tmpdir(), 'skypanel-s3-'))
  const [port = 0] = await freePorts(1)
  const secret = `s3-secret-of-the-test-${process.pid}`
  const credentials = join(folder, 'credentials')
  writeFileSync(credentials, `[default]\naws_access_key_id = tester\naws_secret_access_key = ${secret}\n`, {
    mode: 0o600,
  })
  mkdirSync(join(folder, 'data'))
  let child: ReturnType<typeof spawn> | null = null
  const start = async () => {
    child = spawn(program, ['--quiet', '--port', `127.0.0.1:${port}`, 'posix', join(folder, 'data')], {
      env: { PATH: process.env['PATH'], HOME: folder, ROOT_ACCESS_KEY: 'tester', ROOT_SECRET_KEY: secret },
      stdio: 'ignore',
    })
    for (let tries = 0; !(await answers(port)); tries += 1) {
      if (tries > 200) throw new Error('versitygw did not begin to listen')
      await new Promise((done) => setTimeout(done, 50))
    }
  }
  const stop = async () => {
    if (child === null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    child = null
  }
  await start()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket(name) {
      const path = join(folder, 'data', name)
      mkdirSync(path, { recursive: true })
      return path
    },
    credentials,
    secret,
    start,
    stop,
    async close() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    setTimeout(() => socket.destroy(), 1000).unref()
  })
}
