import { rm } from 'node:fs/promises'
import { run, tryRun } from '../../runtime/exec.ts'

/**
 * Mounts a file system of so many megabytes at a folder: an image file where the machine has loop devices, memory
 * where it has none (most containers). Gives back what unmounts it and takes every trace away but the folder.
 */
export async function mountSmallDisk(folder: string, megabytes: number): Promise<() => Promise<void>> {
  const image = `${folder}.img`
  const remove = async () => {
    await run(['umount', '--lazy', folder])
    await rm(image, { force: true })
  }
  await run(['truncate', '--size', `${megabytes}M`, image])
  await run(['mkfs.ext4', '-q', '-m', '0', image])
  // A container may have the control device alone: only the attempt tells.
  if ((await tryRun(['mount', '-o', 'loop', image, folder])).code !== 0)
    await run(['mount', '-t', 'tmpfs', '-o', `size=${megabytes}M`, 'skypanel-test', folder])
  return remove
}
