import { z } from 'zod'
import { run, tryRun } from '../exec.ts'

const Listed = z.object({
  loopdevices: z.array(z.object({ name: z.string(), 'back-file': z.string().nullable() })),
})

/** Loop devices of this machine with their files. */
export async function backing(): Promise<{ device: string; file: string }[]> {
  const { code, stdout } = await tryRun(['losetup', '--json', '--list', '--output', 'NAME,BACK-FILE'])
  if (code !== 0 || stdout.trim() === '') return []
  return Listed.parse(JSON.parse(stdout)).loopdevices.flatMap((one) =>
    one['back-file'] === null ? [] : [{ device: one.name, file: one['back-file'] }],
  )
}

export async function loopOf(file: string): Promise<string | null> {
  return (await backing()).find((one) => one.file === file)?.device ?? null
}

/** The device of the file; the one that is there already if it is. */
export async function attachLoop(file: string): Promise<string> {
  const attached = await tryRun(['losetup', '--find', '--show', '--nooverlap', file])
  if (attached.code === 0) return attached.stdout.trim()
  throw new Error(
    `The volume ${file} cannot be attached: ${attached.stderr.trim()}. Does the machine have loop devices (/dev/loop-control)?`,
  )
}

/** Lets go of every file below a folder; tells which. */
export async function detachBelow(
  folder: string,
  which: (file: string) => boolean = () => true,
): Promise<string[]> {
  const found = (await backing()).filter(({ file }) => file.startsWith(`${folder}/`) && which(file))
  for (const { device } of found) await tryRun(['losetup', '--detach', device])
  return found.map(({ file }) => file)
}

/** Lets go of the file's device; while it is still mounted somewhere the kernel does so after that. */
export async function detachLoop(file: string): Promise<void> {
  for (const { device } of (await backing()).filter((one) => one.file === file))
    await run(['losetup', '--detach', device])
}
