import { kernelNames, paths, type Installation } from '../installation.ts'
import type { Process } from './process.ts'

export interface Unit {
  readonly file: string
  readonly text: string
}

/** Quotes one word for a unit file: specifiers and variables are doubled, so nothing in it means anything. */
export function quote(word: string): string {
  if (/[\n\0]/.test(word)) throw new Error(`a unit cannot hold a line break: ${JSON.stringify(word)}`)
  const escaped = word
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
  return /^[A-Za-z0-9_./:=@%$+,-]+$/.test(escaped) ? escaped : `"${escaped}"`
}

/** Environment= knows no `$` expansion, so only specifiers are doubled. */
function quoteVariable(name: string, value: string): string {
  return quote(`${name}=${value}`).replaceAll('$$', '$')
}

/** What an unprivileged process may not do; unix permissions below home say the rest. */
function hardening(process: Process, home: string): string[] {
  return [
    'NoNewPrivileges=yes',
    `CapabilityBoundingSet=${process.capabilities.map((name) => `CAP_${name.toUpperCase()}`).join(' ')}`,
    ...(process.capabilities.length === 0
      ? []
      : [`AmbientCapabilities=${process.capabilities.map((name) => `CAP_${name.toUpperCase()}`).join(' ')}`]),
    'ProtectSystem=strict',
    `ReadWritePaths=${quote(home)}`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'RestrictNamespaces=yes',
    'RestrictSUIDSGID=yes',
    'RestrictRealtime=yes',
    'LockPersonality=yes',
    'SystemCallArchitectures=native',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  ]
}

const unitOf = (installation: Installation, name: string, kind = 'service') =>
  `${kernelNames(installation.id).unit(name)}.${kind}`

/** The unit of one process; `skypanel-<id>-<process>.service`. Pure. */
export function serviceUnit(wanted: Process, installation: Installation): Unit {
  const at = paths(installation.home)
  const log = `${at.processLogs}/${wanted.name}.log`
  const namespace = unitOf(installation, 'namespace')
  const isAgent = wanted.name === 'agent'
  const env = Object.entries(wanted.env).filter(([name]) => name !== 'SKYPANEL_DNS_FD')
  const lines = [
    '[Unit]',
    `Description=SkyPanel ${installation.id}: ${wanted.name}`,
    'After=network.target',
    ...(isAgent ? [`Requires=${namespace}`, `After=${namespace}`] : []),
    ...(wanted.dnsSocket ? [`Requires=${unitOf(installation, wanted.name, 'socket')}`] : []),
    ...(wanted.needs === null ? [] : [`ConditionPathExists=${wanted.needs.replaceAll('%', '%%')}`]),
    // Consul's own unit was skipped as long as there was no program.
    ...(wanted.name === 'consul-build' ? [`OnSuccess=${unitOf(installation, 'consul')}`] : []),
    // A process that fails again and again is tried again and again: an app's route is worth more than a quiet log.
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    // Builds stand in the same slice and have to give way to these.
    `Slice=${kernelNames(installation.id).cgroup}.slice`,
    // Also a job: as a oneshot it would hold up the boot that it is a part of.
    'Type=simple',
    `ExecStart=${wanted.argv.map(quote).join(' ')}`,
    ...(wanted.user === null ? [] : [`User=${wanted.user}`, `Group=${wanted.user}`]),
    ...env.map(([name, value]) => `Environment=${quoteVariable(name, value)}`),
    'WorkingDirectory=/',
    ...(wanted.restart === 'once'
      ? []
      : ['Restart=always', 'RestartSec=200ms', 'RestartSteps=8', 'RestartMaxDelaySec=30s']),
    `KillSignal=${wanted.stopSignal}`,
    `TimeoutStopSec=${wanted.stopSeconds}`,
    `StandardOutput=append:${log.replaceAll('%', '%%')}`,
    `StandardError=append:${log.replaceAll('%', '%%')}`,
    ...(wanted.nice === 0 ? [] : [`Nice=${wanted.nice}`, 'IOSchedulingClass=idle']),
    // Instances have units and groups of their own; the agent's end is not theirs.
    ...(isAgent ? ['Delegate=yes', 'KillMode=process', 'OOMScoreAdjust=-500', 'LimitNOFILE=65536'] : []),
    ...(wanted.user === null ? [] : hardening(wanted, installation.home)),
    // A job that a reboot cut off goes on after it; one that was done finds so at once.
    '',
    '[Install]',
    `WantedBy=${unitOf(installation, 'platform', 'target')}`,
  ]
  return { file: unitOf(installation, wanted.name), text: `${lines.join('\n')}\n` }
}

/** Every unit of an installation: a target, the namespace, the DNS socket and one service per process. Pure. */
export function units(
  table: readonly Process[],
  installation: Installation,
  namespaceArgv: readonly string[],
): Unit[] {
  const target = unitOf(installation, 'platform', 'target')
  const directory = unitOf(installation, 'directory')
  return [
    {
      file: target,
      text: `[Unit]\nDescription=SkyPanel ${installation.id}\n\n[Install]\nWantedBy=multi-user.target\n`,
    },
    {
      file: unitOf(installation, 'namespace'),
      text: [
        '[Unit]',
        `Description=SkyPanel ${installation.id}: the mount namespace with its own /nix`,
        '',
        '[Service]',
        'Type=oneshot',
        'RemainAfterExit=yes',
        `ExecStart=${namespaceArgv.map(quote).join(' ')}`,
        '',
      ].join('\n'),
    },
    {
      file: unitOf(installation, 'directory', 'socket'),
      text: [
        '[Unit]',
        `Description=SkyPanel ${installation.id}: DNS socket, kept while the directory restarts`,
        '',
        '[Socket]',
        `ListenDatagram=127.0.0.1:${installation.ports.dns}`,
        `Service=${directory}`,
        '',
        '[Install]',
        `WantedBy=${target}`,
        '',
      ].join('\n'),
    },
    ...table.map((process) => serviceUnit(process, installation)),
  ]
}
