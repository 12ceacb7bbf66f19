import type { StageSpec } from './expression.ts'
import type { Stack } from './stack.ts'

/** A tool that commands fetch and put below /app: on the bare stack, with the network, without anything of an app. */
export function toolStage(
  name: string,
  stack: Stack,
  commands: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): StageSpec {
  return {
    name,
    stack: { path: stack.path },
    loader: stack.loader,
    libraries: stack.libraries,
    mode: 'plain',
    network: true,
    sources: [],
    layers: [],
    system: [],
    visible: [],
    commands,
    environment,
    searchPath: '/usr/bin:/bin:/usr/sbin:/sbin',
    keep: ['.'],
    pick: [],
    caches: false,
    salt: '',
  }
}
