import type { Socket } from 'node:net'
import { CLEAN_ENV, start } from '../exec.ts'

/**
 * Who is at the other end of a unix socket, by the kernel's word. Node cannot ask, so the shim does, with the
 * connection itself as its stdin; once for each connection.
 */
export async function peerUid(shim: string, socket: Socket): Promise<number | null> {
  const child = await start({ argv: [shim, '--peer'], env: CLEAN_ENV, stdio: [socket, 'pipe', 'ignore'] })
  let said = ''
  child.stdout?.on('data', (data: Buffer) => (said += data.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const [uid] = said.trim().split(' ')
  return code === 0 && uid !== undefined && /^\d+$/.test(uid) ? Number(uid) : null
}
