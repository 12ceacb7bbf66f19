import type { Limits } from '../contract/nodes.ts'

const STANDARD: Limits = { memoryMb: 512, cpuMilli: 1000, pids: 256, diskMb: 512, ioWeight: 100 }

/** Instance sizes by the names that Heroku users know. */
export const SIZES: Readonly<Record<string, Limits>> = {
  'standard-1x': STANDARD,
  'standard-2x': { memoryMb: 1024, cpuMilli: 2000, pids: 512, diskMb: 512, ioWeight: 200 },
  'performance-m': { memoryMb: 2560, cpuMilli: 4000, pids: 1024, diskMb: 1024, ioWeight: 500 },
  'performance-l': { memoryMb: 14_336, cpuMilli: 8000, pids: 4096, diskMb: 2048, ioWeight: 1000 },
}

export const DEFAULT_SIZE = 'standard-1x'

/** The name in the form that is stored, or null. */
export function sizeName(text: string): string | null {
  const name = text.toLowerCase()
  return Object.hasOwn(SIZES, name) ? name : null
}

export function limitsOf(size: string): Limits {
  return SIZES[size] ?? STANDARD
}
