/**
 * The nix.conf of an installation. Nothing is left to the distribution's: a substituter that does not answer costs
 * seconds with every build, and a sandbox that silently falls back is none.
 */
export function nixConf(buildGroup: string): string {
  const settings: Record<string, string> = {
    'experimental-features': 'nix-command',
    substituters: '',
    'trusted-substituters': '',
    // relaxed: stages with network leave Nix's chroot (they enter the box all the same); everything else stays in it.
    sandbox: 'relaxed',
    'sandbox-fallback': 'false',
    'sandbox-paths': '',
    'build-users-group': buildGroup,
    builders: '',
    'max-jobs': '1',
    cores: '0',
    // Nix would keep logs as the tools wrote them; ours have secrets blacked out.
    'keep-build-log': 'false',
    'keep-derivations': 'false',
    'keep-outputs': 'false',
    'auto-optimise-store': 'false',
    'warn-dirty': 'false',
    'connect-timeout': '15',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`.trimEnd())
  return `# Written by SkyPanel at every start; changes are lost.\n${lines.join('\n')}\n`
}
