import { join } from 'node:path'
import type { Installation } from '../installation.ts'
import { directSupervision } from './direct.ts'
import type { Supervision } from './supervision.ts'
import { systemdSupervision } from './systemd.ts'

/** The supervision that the installation was made with. */
export function chooseSupervision(
  installation: Installation,
  version: { readonly folder: string; readonly node: string },
): Supervision {
  switch (installation.supervision) {
    case 'direct':
      return directSupervision({ home: installation.home, version: version.folder, node: version.node })
    case 'systemd':
      return systemdSupervision(installation, [
        version.node,
        join(version.folder, 'runtime/supervisor/namespace.js'),
        '--home',
        installation.home,
      ])
  }
}
