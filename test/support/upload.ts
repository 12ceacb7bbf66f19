import { gzipSync } from 'node:zlib'
import type { FakePlatform } from './fake-platform.ts'
import { tar } from './tar.ts'

/** Files as the command line packs them. */
export const packed = (files: Readonly<Record<string, string>>): Buffer =>
  gzipSync(tar(Object.entries(files).map(([path, content]) => ({ path: `./${path}`, content }))))

export async function sendUpload(
  platform: Pick<FakePlatform, 'base' | 'token'>,
  app: string,
  bytes: Buffer,
): Promise<{ status: number; body: { id: string; message: string; commit: string } }> {
  const reply = await fetch(`${platform.base}/api/apps/${app}/sources`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/gzip' },
    body: new Uint8Array(bytes),
  })
  return {
    status: reply.status,
    body: (await reply.json()) as { id: string; message: string; commit: string },
  }
}

/** Uploads the files and has them built; does not wait for the end. */
export async function deployUpload(
  platform: FakePlatform,
  app: string,
  files: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { body } = await sendUpload(platform, app, packed(files))
  return platform.api('POST', `/apps/${app}/builds`, { source: { kind: 'upload', upload: body.id } })
}
