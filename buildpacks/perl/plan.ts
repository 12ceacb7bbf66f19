import { debianTool } from '../debian-tool.ts'
import { languagePlan, namesWeb } from '../language-plan.ts'
import type { Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { DEBIAN, type Modules, readModules } from './modules.ts'
import { perlStart } from './start.ts'

const LOCAL = 'local'
const ENV = { PERL5LIB: `/app/${LOCAL}/lib/perl5:/app/lib`, PATH_PREPEND: `/app/${LOCAL}/bin` }

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest, procfile } = context
  const modules = readModules(view)
  const named = namesWeb(context)
  const start = named ? null : perlStart(view, modules)
  if (start === null && !named && Object.keys(procfile).length === 0) {
    return refuse(
      'This Perl app has nothing to start',
      'Add an app.psgi, or a Procfile, as in `web: perl server.pl`; it has to listen on the port in $PORT.',
    )
  }
  const locked = view.exists('cpanfile.snapshot')
  const declared =
    fromVersionFile(view, '.perl-version') ??
    fromToolFiles(view, 'perl') ??
    (modules.perl === null ? null : { text: atLeast(modules.perl), from: 'cpanfile' })
  // A snapshot says exactly which modules it wants, and Debian has others.
  const debian = [
    ...(locked
      ? []
      : [...modules.names].map((name) => (Object.hasOwn(DEBIAN, name) ? DEBIAN[name] : undefined))),
    ...(start?.kind === 'psgi' ? ['libplack-perl', modules.names.has('Twiggy') ? 'twiggy' : 'starman'] : []),
    ...(start?.kind === 'mojolicious' ? ['libmojolicious-perl', 'libev-perl'] : []),
  ].filter((name) => name !== undefined)
  const asked = debianTool(settings, declared, {
    name: 'perl',
    title: 'Perl',
    version: manifest.defaults['debian'] ?? '',
    keepsOld: true,
    packages: [
      'perl',
      ...(modules.declared ? ['libperl-dev', 'cpanminus'] : []),
      ...(locked ? ['carton'] : []),
      ...[...new Set(debian)].sort(),
    ],
    phase: ['build', 'run'],
  })
  if (!asked.ok) return asked
  const install = modules.declared ? installStep(modules, locked) : null
  return languagePlan({
    tools: [asked.tool],
    steps: install === null ? [] : [install],
    caches: install === null ? {} : { cpan: { dir: '/cache/cpanm', scope: 'app' } },
    include: [
      { step: 'source', paths: ['.'] },
      ...(install === null ? [] : [{ step: 'install', paths: [LOCAL] }]),
    ],
    env: {
      ...ENV,
      // Mojolicious takes PLACK_ENV for a sign that a PSGI server runs it, and then starts none of its own.
      ...(start?.kind === 'psgi' ? { PLACK_ENV: 'production' } : {}),
      MOJO_MODE: 'production',
      DANCER_ENVIRONMENT: 'production',
    },
    processes: start === null ? {} : { web: { command: start.command, from: start.from } },
    notes: [...asked.notes],
  })
}

/** `requires 'perl', '5.36'` is the least, not the one. */
const atLeast = (text: string) => (/^v?\d/.test(text) ? `>=${text.replace(/^v/, '')}` : text)

function installStep({ declared }: Modules, locked: boolean): Step {
  const command = locked
    ? `carton install --deployment --path ${LOCAL}`
    : `cpanm --quiet --notest --local-lib ${LOCAL} --installdeps .`
  return step({
    name: 'install',
    files: [
      'cpanfile',
      'cpanfile.snapshot',
      'Makefile.PL',
      'Build.PL',
      'META.json',
      'vendor/cache/**',
      'lib/**',
    ],
    commands: [`mkdir -p ${LOCAL}`, command, `rm -rf ${LOCAL}/man ${LOCAL}/cache`],
    env: { PERL_CPANM_HOME: '/cache/cpanm', PERL_CARTON_PATH: `/app/${LOCAL}` },
    network: declared,
    caches: ['cpan'],
    outputs: [LOCAL],
  })
}
