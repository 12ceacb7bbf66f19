import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogSource } from '../../server/contract/log-feed.ts'
import type { InstanceRecord } from './instance-record.ts'

/** Logs that nobody has read in this time are given up with their instance. */
const UNREAD_MS = 10 * 60_000

/** What the logs process reads (see `contract/log-feed.ts`): the streams, and whose they are. */
export function writeLogSource(record: InstanceRecord, ended: boolean, logGroup: number | null): void {
  const folder = join(record.placement.folder, 'log')
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const path = join(folder, 'source.json')
  const source: LogSource = { app: record.spec.app, process: record.spec.name, ended }
  writeFileSync(path, JSON.stringify(source), { mode: 0o640 })
  // The logs process punches holes into what it has read, so it may write as well.
  const streams = ['out', 'err'].map((name) => join(folder, name))
  for (const stream of streams) writeFileSync(stream, '', { flag: 'a', mode: 0o660 })
  if (logGroup === null) return
  chmodSync(folder, 0o750)
  for (const stream of streams) chmodSync(stream, 0o660)
  for (const entry of [folder, path, ...streams]) chownSync(entry, 0, logGroup)
}

/** Removes the folder of an instance that is over and forgotten, once its logs were read. False: not yet. */
export function removeIfRead(record: InstanceRecord, logsRead: string, now: number): boolean {
  const marker = join(logsRead, record.spec.id)
  const { cleared, forgotten } = record.state
  if (!cleared || forgotten === null || (!existsSync(marker) && now - forgotten < UNREAD_MS)) return false
  rmSync(record.placement.folder, { recursive: true, force: true })
  rmSync(marker, { force: true })
  return true
}
