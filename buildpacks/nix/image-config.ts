import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { z } from 'zod'
import { commandOf } from '../dockerfile/launch.ts'
import type { ImageLaunch } from '../engine.ts'

const List = z.array(z.string()).nullish()

/** What `buildah inspect` says of an image, as far as instances want it. */
const Inspected = z.object({
  OCIv1: z.object({
    config: z
      .object({
        Env: List,
        Entrypoint: List,
        Cmd: List,
        WorkingDir: z.string().nullish(),
      })
      .default({}),
  }),
})

export interface ImageFacts {
  readonly launch: Omit<ImageLaunch, 'base'>
  readonly env: Readonly<Record<string, string>>
  /** ENTRYPOINT and CMD together; null: the image starts nothing by itself. */
  readonly command: string | null
}

const MAX_BYTES = 4 << 20
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Names by which a program is told what to load before its own; an image may have them, and they are its own matter. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/** What instances of an image get. `user` holds uid, gid, home and the uid as it was given, a line each. Pure. */
export function imageFacts(inspected: string, user: string): ImageFacts {
  const { config } = Inspected.parse(JSON.parse(inspected)).OCIv1
  const [uid, , home = '/'] = user.split('\n')
  const number = z.coerce.number().int().min(1).max(65_535).parse(uid)
  const workdir = config.WorkingDir ?? ''
  const env: Record<string, string> = { PATH, HOME: home }
  for (const pair of config.Env ?? []) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at)
    if (at > 0 && NAME.test(name)) env[name] = pair.slice(at + 1)
  }
  return {
    launch: { uid: number, workdir: workdir.startsWith('/') ? workdir : '/' },
    env,
    command: commandOf({ entrypoint: config.Entrypoint ?? null, cmd: config.Cmd ?? null }),
  }
}

/** What is kept of it: how an image came about holds values of ARGs, and a store is read by everybody. */
export const withoutHistory = (inspected: string): string =>
  JSON.stringify(Inspected.parse(JSON.parse(inspected)))

/**
 * A small file that strangers' code may have had its hands on: never a link, never a device, never huge. Throws where it
 * is one.
 */
export async function readDistrusted(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > MAX_BYTES)
      throw new Error(`${path} is not the file that it should be`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
