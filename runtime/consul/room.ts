import { readFile, statfs } from 'node:fs/promises'

export interface Room {
  readonly diskMb: number
  readonly memoryMb: number
}

/** Measured: 2.5 GB of modules and 0.6 GB of compiled packages; 1.9 GB resident at its highest. */
export const NEEDED: Room = { diskMb: 4096, memoryMb: 2560 }

/** Why there is not enough room, as a sentence with what to do; null: there is. */
export function tooLittle(room: Room, folder: string): string | null {
  const other =
    'Put a Consul on PATH, or name one by SKYPANEL_CONSUL; until then the embedded registry serves'
  if (room.diskMb < NEEDED.diskMb) {
    return `Compiling Consul takes ${NEEDED.diskMb} MB of disk for a while, and ${folder} has ${room.diskMb}. ${other}`
  }
  if (room.memoryMb < NEEDED.memoryMb) {
    return `Compiling Consul takes ${NEEDED.memoryMb} MB of memory, and ${room.memoryMb} are free. ${other}`
  }
  return null
}

export async function measureRoom(folder: string): Promise<Room> {
  const { bavail, bsize } = await statfs(folder)
  const meminfo = await readFile('/proc/meminfo', 'utf8')
  const available = Number(/^MemAvailable:\s+(\d+)/m.exec(meminfo)?.[1] ?? 0)
  return { diskMb: Math.floor((bavail * bsize) / 1_048_576), memoryMb: Math.floor(available / 1024) }
}
