import { debianTool } from '../debian-tool.ts'
import { compiledPlan } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { debianPackage } from './debian.ts'
import { readDune } from './dune.ts'

const OPAM = { OPAMROOT: '/app/.sky/opam', OPAMYES: '1', OPAMCOLOR: 'never' }
/** C libraries that what Debian has of OCaml is linked with, by its packages. */
const LINKED: Readonly<Record<string, string>> = {
  'libssl-ocaml-dev': 'libssl3t64',
  'liblwt-ssl-ocaml-dev': 'libssl3t64',
  'libzarith-ocaml-dev': 'libgmp10',
  'libmirage-crypto-ocaml-dev': 'libgmp10',
  'libpostgresql-ocaml-dev': 'libpq5',
  'liblwt-ocaml-dev': 'libev4t64',
  'libcohttp-lwt-unix-ocaml-dev': 'libev4t64',
}

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const dune = readDune(view)
  const [first] = dune.programs
  if (first === undefined)
    return refuse(
      'No dune file of this app names a program',
      'Add one, as in `(executable (name server) (libraries cohttp-lwt-unix))`.',
    )
  const packages = dune.libraries.map((name) => ({ name, debian: debianPackage(name) }))
  const others = packages.filter(({ debian }) => debian === null)
  // What opam builds and what Debian has built do not go together: all of it comes from one of them.
  const opam = others.length > 0
  const debian = opam
    ? []
    : [...new Set(packages.map(({ debian: name }) => name ?? ''))].filter((name) => name !== '')
  const asked = debianTool(
    settings,
    fromVersionFile(view, '.ocaml-version') ?? fromToolFiles(view, 'ocaml') ?? dune.ocaml,
    {
      name: 'ocaml',
      title: 'OCaml',
      version: manifest.defaults['debian'] ?? '',
      keepsOld: false,
      packages: opam
        ? ['ocaml', 'opam', 'libev-dev', 'libgmp-dev']
        : ['ocaml', 'ocaml-dune', 'ocaml-findlib', ...debian],
      phase: ['build'],
    },
  )
  if (!asked.ok) return asked
  const install = step({
    name: 'install',
    files: ['dune-project', '*.opam', '*.opam.locked', '*.opam.template'],
    commands: [
      'opam init --bare --no-setup --disable-sandboxing',
      'opam switch create default ocaml-system',
      view.exists('*.opam')
        ? `opam install . --deps-only${view.exists('*.opam.locked') ? ' --locked' : ''}`
        : `opam install dune ${others.map(({ name }) => name.split('.')[0] ?? '').join(' ')} ${packages
            .filter(({ debian: known }) => known !== null && known !== '')
            .map(({ name }) => name.split('.')[0] ?? '')
            .join(' ')}`.trim(),
      'rm -rf .sky/opam/download-cache .sky/opam/repo',
    ],
    env: OPAM,
    network: true,
    outputs: ['.sky'],
  })
  const dunes = dune.programs.map(({ path }) => path)
  const build = step({
    name: 'build',
    needs: opam ? ['install'] : [],
    files: ['.'],
    commands: [
      `${opam ? 'opam exec -- ' : ''}dune build --release --display=quiet ${dunes.map((path) => `./${path}`).join(' ')}`,
      `mkdir -p bin-release`,
      ...dune.programs.map(({ name, path }) => `cp _build/default/${path} bin-release/${name}`),
      // The sources of programs often lie in a folder of that name.
      'rm -rf _build bin; mv bin-release bin; chmod 755 bin/*',
    ],
    env: opam ? OPAM : {},
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['bin'],
  })
  const libraries = opam ? ['libev4t64', 'libgmp10'] : debian.flatMap((name) => LINKED[name] ?? [])
  return compiledPlan(context, {
    tools: [asked.tool],
    steps: opam ? [install, build] : [build],
    libraries: [...new Set(libraries)],
    programs: dune.programs.map(({ name }) => name),
    from: first.from,
    notes: asked.notes,
  })
}
