import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from '../exec.ts'
import { kernelNames } from '../installation.ts'
import { openLimiter } from '../limits/cgroup.ts'
import { compileNative } from '../native/compile.ts'
import { cellNetwork, gateway, instanceAddress } from '../network/address.ts'
import { createFirewall, type Firewall } from '../network/firewall.ts'
import { links, namespaces } from '../network/namespace.ts'
import type { Stage, Vocabulary } from './conformance.ts'
import { createContainedDriver } from './contained.ts'
import { nspawn } from './nspawn.ts'
import type { Supervisor } from './supervisor.ts'

/** Programs that the tests' instances run; with their libraries they make a root that needs no download. */
const BINARIES = [
  '/bin/bash',
  '/bin/sleep',
  '/bin/cat',
  '/bin/ls',
  '/bin/rm',
  '/usr/bin/env',
  '/usr/bin/getent',
  '/usr/bin/unshare',
  '/usr/bin/tty',
  '/usr/bin/seq',
  '/bin/dd',
  '/bin/mount',
  '/usr/bin/id',
  process.execPath,
]

/** Debian's Node keeps some of its own modules in files, and aborts without them. */
function outsideScripts(library: string): string[] {
  const named = readFileSync(library, 'latin1').match(/\/usr\/share\/nodejs\/[\w@./-]+\.js/g) ?? []
  return [...new Set(named)].filter((path) => existsSync(path))
}

async function copyWithLibraries(binary: string, root: string, at: string): Promise<void> {
  const listed = await run(['ldd', binary])
  const libraries = [...listed.matchAll(/(\/\S+\.so\S*)/g)].map((match) => match[1] ?? '')
  const scripts = libraries.filter((path) => path.includes('/libnode.so')).flatMap(outsideScripts)
  const wanted = [...libraries, ...scripts].map((path) => [path, path])
  for (const [from, to] of [[binary, at], ...wanted] as [string, string][]) {
    const target = join(root, to.replace(/^\/(bin|lib|lib64|sbin)\//, '/usr/$1/'))
    mkdirSync(dirname(target), { recursive: true })
    if (!existsSync(target)) copyFileSync(from, target)
  }
}

/** A small run stack out of this machine's own files. */
async function makeStack(root: string): Promise<void> {
  for (const name of [
    'usr/bin',
    'usr/lib',
    'usr/lib64',
    'usr/sbin',
    'etc/ssl/certs',
    'app',
    'nix/store',
    'dev',
    'proc',
    'sys',
    'run',
    'tmp',
    'var/tmp',
    'root',
  ])
    mkdirSync(join(root, name), { recursive: true })
  for (const name of ['bin', 'lib', 'lib64', 'sbin']) symlinkSync(`usr/${name}`, join(root, name))
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0::/root:/bin/bash\napp:x:1000:1000::/app:/bin/bash\nnobody:x:65534:65534::/:/bin/false\n',
  )
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\napp:x:1000:\nnogroup:x:65534:\n')
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n')
  writeFileSync(join(root, 'etc/resolv.conf'), '')
  // The machine's own is mounted over it.
  writeFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), '')
  writeFileSync(join(root, 'usr/lib/os-release'), 'ID=test\n')
  symlinkSync('../usr/lib/os-release', join(root, 'etc/os-release'))
  for (const binary of BINARIES)
    await copyWithLibraries(binary, root, binary === process.execPath ? '/usr/bin/node' : binary)
  symlinkSync('bash', join(root, 'usr/bin/sh'))
  for (const library of ['libnss_files.so.2', 'libnss_dns.so.2']) {
    const path = ['/lib/x86_64-linux-gnu', '/lib/aarch64-linux-gnu']
      .map((folder) => join(folder, library))
      .find((one) => existsSync(one))
    if (path !== undefined) await copyWithLibraries(path, root, path)
  }
}

const node = (script: string) => `exec node -e '${script.replaceAll("'", `'\\''`)}'`

const words: Vocabulary = {
  runsForever: 'echo up; exec sleep 1000',
  exits: (code, after) => `sleep ${after / 1000}; exit ${code}`,
  abortsItself: node('process.abort()'),
  usesTooMuchMemory: node('const all=[];for(;;)all.push(Buffer.alloc(1<<20,1))'),
  stopsGracefully: (ms) =>
    node(
      `process.on("SIGTERM",()=>setTimeout(()=>process.exit(0),${ms}));setInterval(()=>{},1000);console.log("up")`,
    ),
  deaf: `trap '' TERM; echo up; while :; do sleep 1000; done`,
  printsLines: (count) => `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo line $i; done`,
  printsVariables: (names) =>
    node(`for(const n of ${JSON.stringify(names)})console.log(JSON.stringify(process.env[n]))`),
  echoes: 'exec cat',
  printsWindow: node('console.log(process.stdout.rows ?? "none",process.stdout.columns ?? "")'),
}

/** A stage whose instances are real. */
export interface ContainedStage extends Stage {
  readonly firewall: Firewall
  readonly id: string
  readonly range: string
  readonly native: string
  readonly limiter: ReturnType<typeof openLimiter>
  /** Of builds. */
  readonly buildLimiter: ReturnType<typeof openLimiter>
  close(): Promise<void>
}

const NOBODY = 65534

export const openNspawnStage = (id: string, range: string, caller = NOBODY): Promise<ContainedStage> =>
  openStage(nspawn, id, range, caller)

/** A throw-away installation's worth of kernel objects, with names and addresses of its own; `caller` may call in. */
export async function openStage(
  supervisor: Supervisor,
  id: string,
  range: string,
  caller = NOBODY,
): Promise<ContainedStage> {
  const home = mkdtempSync(join(tmpdir(), `skypanel-${supervisor.name}-`))
  await run(['chmod', '755', home])
  const native = await compileNative(
    fileURLToPath(new URL('../native', import.meta.url)),
    join(tmpdir(), 'skypanel-native'),
  )
  const stack = join(home, 'stack')
  await makeStack(stack)
  const layer = join(home, 'layer')
  mkdirSync(join(layer, 'app', 'lib'), { recursive: true })
  writeFileSync(join(layer, 'app', 'lib', 'code.txt'), 'code\n')
  // As closed as an installation's (setup/folders.ts): nobody but root enters these.
  for (const name of ['agent', 'instances']) mkdirSync(join(home, name), { mode: 0o750 })
  const resolvConf = join(home, 'agent', 'resolv.conf')
  writeFileSync(resolvConf, `nameserver ${gateway(range)}\n`)
  const names = kernelNames(id)
  const limiter = openLimiter(names.cgroup)
  const buildLimiter = openLimiter(names.buildCgroup, null, true)
  const firewall = createFirewall({
    table: names.table,
    bridge: names.bridge,
    range,
    gateway: gateway(range),
    cells: cellNetwork(range),
    dnsPort: 5354,
    callers: [caller],
    router: null,
  })
  await firewall.load()
  const mountsBefore = mounts()
  return {
    id,
    range,
    home,
    words,
    firewall,
    native,
    limiter,
    buildLimiter,
    artifact: {
      stack,
      layers: [layer],
      tools: [],
      closure: [],
      env: { NODE_OPTIONS: '--max-old-space-size=4096' },
      processTypes: {},
      size: 0,
    },
    placement: (index, folder) => ({
      index,
      address: instanceAddress(range, index),
      folder,
      uidBase: 0x30000000,
    }),
    driver: () =>
      createContainedDriver(supervisor, {
        native: () => native,
        skeletons: join(home, 'skeletons'),
        resolvConf,
        // Its stack is no Debian and has no place for them.
        caBundle: () => null,
        allowUnlimited: true,
        limiter,
        network: { bridge: names.bridge, prefix: 18, gateway: gateway(range) },
        names: {
          link: (i) => names.link('i', i),
          netns: (i) => names.netns('i', i),
          machine: names.machine,
          linkPrefix: `${names.bridge}i`,
          netnsPrefix: names.netns('i', 0).slice(0, -1),
        },
        places: new Map(),
      }),
    traces: () => [
      ...links(`${names.bridge}i`),
      ...namespaces(`skypanel-${id}-i`),
      ...limiter.groups(),
      ...mounts().filter((line) => !mountsBefore.includes(line) && line.includes(home)),
    ],
    async close() {
      await firewall.remove()
      limiter.close()
      buildLimiter.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

function mounts(): string[] {
  return readFileSync('/proc/self/mounts', 'utf8').split('\n')
}
