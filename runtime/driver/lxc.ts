import { statSync } from 'node:fs'
import { LXC, lxcArgv, lxcConfig } from '../command/lxc.ts'
import type { Supervisor } from './supervisor.ts'

const isFolder = (path: string) => statSync(path).isDirectory()

export const lxc: Supervisor = {
  name: 'lxc',
  program: LXC,
  remedy: 'install the package lxc, which `npm start -- --driver lxc` does',
  machineWord: '--name=',
  argv: lxcArgv,
  files: (facts) => ({ 'lxc.conf': lxcConfig(facts, isFolder), closed: '' }),
  leaves: () => [],
}
