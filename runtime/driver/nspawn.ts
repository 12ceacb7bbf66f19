import { NSPAWN, nspawnArgv } from '../command/nspawn.ts'
import type { Supervisor } from './supervisor.ts'

export const nspawn: Supervisor = {
  name: 'nspawn',
  program: NSPAWN,
  remedy: 'install systemd-container',
  machineWord: '--machine=',
  argv: nspawnArgv,
  files: () => ({}),
  leaves: (machine) => ['propagate', 'unix-export'].map((kind) => `/run/systemd/nspawn/${kind}/${machine}`),
}
