import type { LanguagePlan, PlanContext, Refusal } from '../provider.ts'
import { step } from '../provider.ts'
import { languagePlan } from '../language-plan.ts'
import { lockedInputs } from './lock.ts'

/** Below /app, in the outputs of the steps; not in releases. */
const INPUTS = '.sky/flake-inputs'
const FOUND = '.sky/flake'
const STORE = 'local?root=/tmp/nix'
const SECONDS = 300
const MEMORY_KB = 4 * 1024 * 1024

/**
 * What is told of the default package: its derivation, and what it calls its program. Nothing of it is forced that a
 * build on the author's machine would not force as well.
 */
const ABOUT = `p:
  if (p.type or "") != "derivation" then throw "@flake default \${builtins.typeOf p}"
  else {
    derivation = builtins.unsafeDiscardStringContext p.drvPath;
    output = p.outputName or "out";
    name = p.pname or (builtins.parseDrvName p.name).name;
    program = p.meta.mainProgram or null;
  }`

/** Settings of the Nix that evaluates: nothing but the flake and its locked inputs, and nothing is built by it. */
function settings(schemes: readonly string[]): Record<string, string> {
  const lines = [
    'experimental-features = nix-command flakes',
    'pure-eval = true',
    'restrict-eval = true',
    `allowed-uris = ${schemes.join(' ')}`,
    'allow-import-from-derivation = false',
    'accept-flake-config = false',
    'use-registries = false',
    'flake-registry =',
    // Inputs come from a folder where there is no network.
    'substitute = true',
    'max-jobs = 0',
    'builders =',
    'build-hook =',
    'sandbox = false',
    'build-users-group =',
    'warn-dirty = false',
    'connect-timeout = 15',
    'download-attempts = 2',
  ]
  return { NIX_CONF_DIR: '/nonexistent', NIX_CONFIG: lines.join('\n'), XDG_CACHE_HOME: '/tmp/cache' }
}

/**
 * What Nix takes for the flake: the files of the commit, without times, for a flake may ask for the newest of them and
 * make its package another one each time.
 */
const TAKE = [
  '[ ! -L .sky ] || rm .sky',
  'mkdir -p /tmp/flake .sky',
  "find . -mindepth 1 -maxdepth 1 ! -name .sky -exec cp -a -t /tmp/flake '{}' +",
  "find /tmp/flake -exec touch -h -d @315532800 '{}' +",
].join('\n')

const FETCH = [
  'nix flake archive path:/tmp/flake --no-update-lock-file \\',
  `  --store '${STORE}' --to 'file:///app/${INPUTS}?compression=zstd' \\`,
  '  --option substituters "${SKYPANEL_FLAKE_CACHES-}" --option trusted-public-keys "${SKYPANEL_FLAKE_KEYS-}"',
].join('\n')

const evaluate = (fetched: boolean) =>
  [
    `timeout --kill-after=5 ${SECONDS} nix eval path:/tmp/flake --offline --no-update-lock-file --json \\`,
    `  --store '${STORE}' --option substituters '${fetched ? `file:///app/${INPUTS}` : ''}' --apply '${ABOUT}' \\`,
    '  > /tmp/found.json || {',
    '  status=$?',
    '  case $status in 124 | 137) echo "@flake time" ;; 134 | 139) echo "@flake memory" ;; esac',
    '  exit "$status"',
    '}',
  ].join('\n')

const EXPORT = [
  `nix copy --offline --derivation "$(sed -n 's/.*"derivation":"\\([^"]*\\)".*/\\1/p' /tmp/found.json)" \\`,
  `  --store '${STORE}' --option substituters '' --to 'file:///app/${FOUND}/store?compression=none'`,
  `cp /tmp/found.json ${FOUND}/found.json`,
].join('\n')

/**
 * An app that a flake describes. Nix evaluates it as any other step runs: as an unprivileged user in the box, without
 * network, over a store of its own. What comes out are derivations, which the engine takes over and builds.
 */
export function plan({ view }: PlanContext): LanguagePlan | Refusal {
  const inputs = lockedInputs(view)
  if (!inputs.ok) return inputs
  const env = settings([...inputs.schemes, ...(inputs.local ? ['path:'] : [])])
  const fetched = inputs.remote.length > 0
  const fetch = step({
    name: 'flake-inputs',
    files: inputs.local ? ['.'] : ['flake.nix', 'flake.lock'],
    commands: [`${TAKE}\nrm -rf ${INPUTS}`, FETCH],
    env,
    network: true,
    outputs: [INPUTS],
  })
  const found = step({
    name: 'flake',
    needs: fetched ? ['flake-inputs'] : [],
    files: ['.'],
    commands: [
      `${TAKE}\nrm -rf ${FOUND} && mkdir ${FOUND}\nulimit -v ${MEMORY_KB}`,
      evaluate(fetched),
      EXPORT,
    ],
    env,
    outputs: [FOUND],
  })
  return languagePlan({
    tools: [],
    systemPackages: { build: ['busybox-static', 'nix-bin'], run: [] },
    steps: fetched ? [fetch, found] : [found],
    include: [{ step: 'source', paths: ['.'] }],
    flake: { step: 'flake', folder: FOUND, inputs: [...inputs.remote] },
  })
}
