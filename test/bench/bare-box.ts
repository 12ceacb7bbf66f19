import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { networkEnvironment, nulSeparated } from '../../buildpacks/nix/net-env.ts'
import { physical, rootsOf } from '../../buildpacks/nix/store.ts'
import type { NixHome } from '../support/nix-home.ts'

const script = fileURLToPath(new URL('bare-box.sh', import.meta.url))

/** Store paths of the tools and packages that an app's build found: the bare commands get the same ones. */
export interface BareTools {
  readonly layers: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** What the engine keeps for the next build of an app, sorted by what it is. */
export async function toolsOf(home: NixHome, app: string): Promise<BareTools> {
  const roots = await rootsOf(home.store, 'skypanel-cache', app)
  const has = (path: string, name: string) => existsSync(physical(home.store, join(path, name)))
  const plain = roots.filter((path) => !has(path, 'app'))
  const layers = plain.filter((path) => has(path, 'usr'))
  const bins = plain.filter((path) => has(path, 'bin') && !has(path, 'usr')).map((path) => `${path}/bin`)
  const headers = plain.find((path) => has(path, 'include/node'))
  const java = layers.flatMap((path) => {
    const folder = physical(home.store, join(path, 'usr/lib/jvm'))
    return existsSync(folder) ? readdirSync(folder).filter((name) => /^java-\d+-openjdk-/.test(name)) : []
  })[0]
  return {
    layers,
    env: {
      ...(headers === undefined
        ? {}
        : { npm_config_nodedir: headers, npm_package_config_node_gyp_nodedir: headers }),
      ...(java === undefined ? {} : { JAVA_HOME: `/usr/lib/jvm/${java}` }),
      PATH: [...bins, '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'].join(':'),
    },
  }
}

/** Runs commands over a folder without the engine. Rejects with their last lines where they fail. */
export async function runBare(
  home: NixHome,
  tools: BareTools,
  folders: { readonly app: string; readonly home: string },
  commands: string,
): Promise<void> {
  const argv = [
    ...home.enter,
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    'bash',
    script,
    home.stacks.build.path,
    tools.layers.join(':'),
    folders.app,
    folders.home,
    home.registries.caBundle,
    commands,
  ]
  const [program = '', ...args] = argv
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  const hear = (data: unknown) => (said = `${said}${String(data)}`.slice(-4000))
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  child.stdin.end(
    nulSeparated({ ...networkEnvironment(home.registries), GOTOOLCHAIN: 'local', ...tools.env }),
  )
  const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)))
  if (code !== 0) throw new Error(`The bare commands failed (${commands}):\n${said}`)
}
