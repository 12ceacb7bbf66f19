// The system packages, by apt, without starting the services that come with them.
import { createServer } from 'node:net'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'

/** In the order that hides most: the tools first, since the stacks can be made while the database is installed. */
export const PHASES = ['tools', 'database']

const PACKAGES = {
  tools: [
    'mmdebstrap',
    'systemd-container',
    'nix-bin',
    'caddy',
    'nftables',
    'iproute2',
    'git',
    'util-linux',
    'e2fsprogs',
    'procps',
    'ca-certificates',
    'uidmap',
    'xz-utils',
    'zstd',
    'passwd',
  ],
  database: ['postgresql'],
  // Only where an operator chooses that driver.
  lxc: ['lxc'],
  // What the tests call and the platform does not: they compile native programs with the machine's own compiler.
  // The browser drives the dashboard; the fonts make its pictures the same on every machine.
  tests: [
    'gcc',
    'libc6-dev',
    'libc-bin',
    'findutils',
    'lxc',
    'chromium',
    'fonts-inter',
    'fonts-jetbrains-mono',
  ],
}

/** What packages would have started at the next boot: a web server on our ports, a bridge with its own DNS. */
const SERVICES = { caddy: ['caddy.service'], lxc: ['lxc.service', 'lxc-net.service'] }

const POLICY = '/usr/sbin/policy-rc.d'
const MARK = '# made by SkyPanel while it installs packages'
const CREATE_CLUSTER = '/etc/postgresql-common/createcluster.conf'

export async function missingPackages(phase, run) {
  const names = PACKAGES[phase]
  if (names === undefined)
    throw new Error(`unknown phase ${phase}; there are ${Object.keys(PACKAGES).join(', ')}`)
  const { output } = await run(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\n', ...names])
  const installed = new Set(
    output
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  )
  return names.filter((name) => !installed.has(name))
}

/** null, or what failed and what to do about it. */
export async function installPackages(phase, run) {
  const lock = await packagesLock()
  try {
    const missing = await missingPackages(phase, run)
    if (missing.length === 0) return null
    if (!existsSync('/usr/bin/apt-get'))
      return `This machine has no apt-get. Install these by hand: ${missing.join(' ')}`
    await noServices(missing)
    const env = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' }
    const lists = await run(['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=600', 'update'], { env, cwd: '/' })
    const install = [
      'apt-get',
      '-qq',
      '-y',
      '-o',
      'DPkg::Lock::Timeout=600',
      '-o',
      'Dpkg::Options::=--force-confold',
      '--no-install-recommends',
      'install',
      ...missing,
    ]
    const ran = await run(install, { env, cwd: '/' })
    const still = await missingPackages(phase, run)
    const added = missing.filter((name) => !still.includes(name)).flatMap((name) => SERVICES[name] ?? [])
    if (added.length > 0 && existsSync('/run/systemd/system'))
      await run(['systemctl', 'disable', '--quiet', ...added])
    if (still.length === 0) return null
    const said = `${lists.output}\n${ran.output}`.trim().split('\n').slice(-15)
    return `Installing the packages ${still.join(', ')} failed.\n\n${said.map((line) => `    ${line}`).join('\n')}\n\nTry it by hand: apt-get update && apt-get install ${still.join(' ')}`
  } finally {
    await servicesAsBefore()
    lock.close()
  }
}

/**
 * Packages of services start them at once, and Caddy's would take our ports. What we set to hold them back is marked
 * and taken away again, also what an earlier run left that was killed; a policy of the machine's own stays untouched.
 */
async function noServices(missing) {
  if (!existsSync(POLICY)) {
    await writeFile(POLICY, `#!/bin/sh\n${MARK}\nexit 101\n`)
    await chmod(POLICY, 0o755)
  }
  if (!missing.includes('postgresql')) return
  const before = await readFile(CREATE_CLUSTER, 'utf8').catch(() => '')
  if (before.includes(MARK)) return
  await mkdir('/etc/postgresql-common', { recursive: true })
  await writeFile(CREATE_CLUSTER, `${before}${MARK}\ncreate_main_cluster = false\n`)
}

async function servicesAsBefore() {
  if ((await readFile(POLICY, 'utf8').catch(() => '')).includes(MARK)) await rm(POLICY, { force: true })
  const settings = await readFile(CREATE_CLUSTER, 'utf8').catch(() => '')
  if (settings.includes(MARK)) await writeFile(CREATE_CLUSTER, settings.slice(0, settings.indexOf(MARK)))
}

/** One installer at a time on this machine; an abstract socket is let go whatever happens to us. */
async function packagesLock() {
  const server = createServer()
  for (;;) {
    const busy = await new Promise((resolve) => {
      server.once('error', () => resolve(true))
      server.listen('\0skypanel-packages', () => resolve(false))
    })
    if (!busy) return server
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
