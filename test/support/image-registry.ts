import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../runner/ports.mjs'
import { goProgram } from './go-program.ts'

const run = promisify(execFile)

export interface ImageRegistry {
  /** `host:port`, without TLS. */
  readonly place: string
  /** Makes an image of one static C program at `/tool`, which is also its entry point. */
  push(name: string, tag: string, source: string): Promise<void>
  close(): Promise<void>
}

/** A registry on loopback with nothing in it. */
export async function openImageRegistry(): Promise<ImageRegistry> {
  const program = await goProgram('registry', 'github.com/distribution/distribution/v3/cmd/registry', '3.0.0')
  const folder = mkdtempSync(join(tmpdir(), 'skypanel-images-'))
  const [port = 0] = await freePorts(1)
  const place = `127.0.0.1:${port}`
  const config = `version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: "${place}"}\n`
  writeFileSync(join(folder, 'config.yml'), config)
  const child = spawn(program, ['serve', join(folder, 'config.yml')], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] ?? '', OTEL_TRACES_EXPORTER: 'none' },
  })
  const base = `http://${place}/v2/`
  for (let tries = 0; ; tries++) {
    const answered = await fetch(base).then(
      (answer) => answer.ok,
      () => false,
    )
    if (answered) break
    if (tries > 200 || child.exitCode !== null) throw new Error('The registry did not start')
    await sleep(50)
  }

  async function pushBlob(name: string, data: Buffer) {
    const digest = `sha256:${createHash('sha256').update(data).digest('hex')}`
    const begun = await fetch(`${base}${name}/blobs/uploads/`, { method: 'POST' })
    const place = new URL(begun.headers.get('location') ?? '', base)
    place.searchParams.set('digest', digest)
    const done = await fetch(place, { method: 'PUT', body: new Uint8Array(data) })
    if (done.status !== 201) throw new Error(`The registry took no blob: ${done.status} ${await done.text()}`)
    return { digest, size: data.length }
  }

  return {
    place,
    async push(name, tag, source) {
      const work = mkdtempSync(join(folder, 'image-'))
      mkdirSync(join(work, 'tree'))
      writeFileSync(join(work, 'tool.c'), source)
      await run('cc', ['-static', '-o', join(work, 'tree/tool'), join(work, 'tool.c')])
      await run('tar', [
        '-C',
        join(work, 'tree'),
        '--owner=0',
        '--group=0',
        '-cf',
        join(work, 'layer.tar'),
        '.',
      ])
      const tar = readFileSync(join(work, 'layer.tar'))
      const layer = await pushBlob(name, tar)
      const image = {
        architecture: 'amd64',
        os: 'linux',
        config: { Entrypoint: ['/tool', 'serve'], Env: ['FROM_REGISTRY=yes'], WorkingDir: '/' },
        rootfs: { type: 'layers', diff_ids: [layer.digest] },
        history: [{ created_by: 'a test' }],
      }
      const made = await pushBlob(name, Buffer.from(JSON.stringify(image)))
      const type = 'application/vnd.oci.image'
      const manifest = {
        schemaVersion: 2,
        mediaType: `${type}.manifest.v1+json`,
        config: { mediaType: `${type}.config.v1+json`, ...made },
        layers: [{ mediaType: `${type}.layer.v1.tar`, ...layer }],
      }
      const put = await fetch(`${base}${name}/manifests/${tag}`, {
        method: 'PUT',
        headers: { 'content-type': manifest.mediaType },
        body: JSON.stringify(manifest),
      })
      if (put.status !== 201)
        throw new Error(`The registry took no manifest: ${put.status} ${await put.text()}`)
    },
    async close() {
      child.kill()
      if (child.exitCode === null) await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
