import { dirname } from 'node:path'
import { paths, users } from '../installation.ts'

export interface Folder {
  readonly path: string
  /** null: root. */
  readonly owner: string | null
  readonly group: string | null
  readonly mode: number
}

/**
 * Every folder with who may enter it. A socket is protected by the folder that it lies in. Pure.
 * server: database, git, keys. net (directory, edge, logs): their own folders and the instances' output. agent: root.
 */
export function folders(home: string, id: string): Folder[] {
  const at = paths(home)
  const who = users(id)
  const folder = (
    path: string,
    mode: number,
    owner: string | null = null,
    group: string | null = owner,
  ): Folder => ({ path, owner, group, mode })
  return [
    folder(home, 0o711),
    folder(`${home}/setup`, 0o755),
    folder(at.versions, 0o755),
    folder(dirname(at.masterKey), 0o711),
    folder(at.run, 0o711),
    folder(dirname(at.mountNamespace), 0o700),
    folder(dirname(at.agentSocket), 0o750, null, who.server),
    folder(dirname(at.hookSocket), 0o750, who.server),
    folder(dirname(at.directorySocket), 0o750, who.net),
    folder(dirname(at.logsSocket), 0o750, who.net),
    folder(at.postgresSocket, 0o750, who.postgres, who.server),
    folder(dirname(at.caddyAdmin), 0o700, who.caddy),
    // The hook of a push is a program of the store, run by the server's user.
    folder(at.nix, 0o755),
    folder(at.nixConf, 0o755),
    folder(at.postgres, 0o700, who.postgres),
    folder(at.git, 0o700, who.server),
    folder(at.builds, 0o750, who.server),
    folder(at.cache, 0o711),
    // What the server keeps of the registries' lists of versions.
    folder(`${at.cache}/inventories`, 0o700, who.server),
    folder(at.instances, 0o750, null, who.net),
    folder(at.volumes, 0o700),
    folder(at.agentState, 0o750, null, who.server),
    folder(at.logs, 0o750, who.net),
    folder(at.directory, 0o750, who.net),
    folder(at.caddy, 0o750, who.caddy),
    // The server tells how far Consul's build is.
    folder(at.consul, 0o755, who.consul),
    folder(at.processLogs, 0o750),
  ]
}
