import { copyFile, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HOST_ENV } from './debian.ts'
import { runOrThrow } from './spawn.ts'

/** What a package's maintainer script would have linked, and the stacks want: name → candidates, the first that is there. */
const ALTERNATIVES: Readonly<Record<string, readonly string[]>> = {
  awk: ['mawk', 'gawk'],
  cc: ['gcc'],
  'c++': ['g++'],
  pager: ['less'],
}

const UNWANTED = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/info',
  'usr/share/locale',
  'usr/share/lintian',
  'usr/share/bug',
  'usr/lib/systemd',
  'boot',
  'etc/hostname',
  'etc/fstab',
  'etc/apt/sources.list',
  'etc/apt/sources.list.d',
  'var/cache',
  'var/log',
  'var/lib/apt/lists',
]

/** Folders that are only mount points, or written at run time. `mode` matters where a store path cannot hold it. */
const EMPTY = [
  'dev',
  'proc',
  'sys',
  'run',
  'tmp',
  'var/tmp',
  'var/cache',
  'var/log',
  'app',
  'nix/store',
  'cache',
  'secrets',
  'home',
  'root',
]

const there = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

async function writeAccounts(tree: string): Promise<void> {
  const masters = join(tree, 'usr/share/base-passwd')
  const passwd = await readFile(join(masters, 'passwd.master'), 'utf8')
  const group = await readFile(join(masters, 'group.master'), 'utf8')
  await writeFile(join(tree, 'etc/passwd'), `${passwd}app:x:1000:1000:app:/app:/bin/bash\n`)
  await writeFile(join(tree, 'etc/group'), `${group}app:x:1000:\n`)
}

async function writeDefaults(tree: string): Promise<void> {
  const copies = {
    'usr/share/libc-bin/nsswitch.conf': 'etc/nsswitch.conf',
    'usr/share/base-files/profile': 'etc/profile',
  }
  for (const [from, to] of Object.entries(copies)) {
    if ((await there(join(tree, from))) && !(await there(join(tree, to))))
      await copyFile(join(tree, from), join(tree, to))
  }
  await writeFile(join(tree, 'etc/resolv.conf'), '')
  await writeFile(join(tree, 'etc/machine-id'), '')
  await writeFile(join(tree, 'etc/hosts'), '127.0.0.1 localhost\n')
  await writeFile(join(tree, 'etc/timezone'), 'Etc/UTC\n')
  if (!(await there(join(tree, 'etc/localtime'))))
    await symlink('/usr/share/zoneinfo/Etc/UTC', join(tree, 'etc/localtime'))
}

async function linkAlternatives(tree: string): Promise<void> {
  for (const [name, candidates] of Object.entries(ALTERNATIVES)) {
    if (await there(join(tree, 'usr/bin', name))) continue
    for (const candidate of candidates) {
      if (!(await there(join(tree, 'usr/bin', candidate)))) continue
      await symlink(candidate, join(tree, 'usr/bin', name))
      break
    }
  }
}

async function installCertificates(tree: string): Promise<void> {
  const mozilla = (await readdir(join(tree, 'usr/share/ca-certificates/mozilla'))).sort()
  await writeFile(join(tree, 'etc/ca-certificates.conf'), mozilla.map((name) => `mozilla/${name}\n`).join(''))
  await runOrThrow(
    ['chroot', tree, '/usr/sbin/update-ca-certificates', '--fresh'],
    { env: HOST_ENV },
    'Installing the CA certificates',
  )
}

/**
 * Byte code that is never checked against its source: every file in the store has the same mtime, so checked byte code
 * would be compiled anew at each start of an interpreter (1.3 s instead of 0.4 s for a small Flask app).
 */
async function compilePython(tree: string): Promise<void> {
  const folders = (await readdir(join(tree, 'usr/lib')))
    .filter((name) => /^python3(\.\d+)?$/.test(name))
    .map((name) => `/usr/lib/${name}`)
  const argv = [
    'chroot',
    tree,
    '/usr/bin/python3',
    '-m',
    'compileall',
    '-q',
    '-f',
    '--invalidation-mode',
    'unchecked-hash',
    ...folders,
  ]
  await runOrThrow(argv, { env: HOST_ENV }, "Compiling Python's standard library")
}

/** Turns unpacked packages into a stack: does what maintainer scripts would have done, and leaves nothing of this machine. */
export async function finishTree(tree: string): Promise<void> {
  await writeAccounts(tree)
  await writeDefaults(tree)
  await linkAlternatives(tree)
  await mkdir(join(tree, 'tmp'), { recursive: true })
  await installCertificates(tree)
  await compilePython(tree)
  await runOrThrow(['ldconfig', '-r', tree], { env: HOST_ENV }, 'Writing the cache of the dynamic loader')
  for (const path of UNWANTED) await rm(join(tree, path), { recursive: true, force: true })
  for (const path of EMPTY) {
    await rm(join(tree, path), { recursive: true, force: true })
    await mkdir(join(tree, path), { recursive: true })
  }
}
