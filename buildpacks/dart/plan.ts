import { compiledPlan, languagePlan } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { STATIC_FOLDER, STATIC_STEP, serveStatic } from '../static-site.ts'
import { type Declared, fromToolFiles } from '../tool-files.ts'

const ENV = { PUB_CACHE: '/app/.sky/pub', CI: 'true' }
const PLAIN = /^[\w./-]+$/

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings } = context
  const file = view.read('pubspec.yaml')
  const text = file.ok ? file.text.replaceAll(/^[ \t]*#.*$/gm, '') : ''
  const flutter = /^\s+sdk:\s*flutter\s*$/m.test(text)
  const set = override(settings, 'SKYPANEL_DART_VERSION')
  const least = /^environment:\s*\n(?:[ \t]+.*\n)*?[ \t]+sdk:[ \t]*["']?([^"'\n#]+)/m.exec(text)?.[1]?.trim()
  const declared: Declared = (set === null ? null : { text: set.value, from: set.name }) ??
    fromToolFiles(view, flutter ? 'flutter' : 'dart') ??
    (least === undefined ? null : { text: least, from: 'pubspec.yaml' }) ?? { text: '*', from: 'default' }
  const tool = request({
    name: flutter ? 'flutter' : 'dart',
    want: declared.text,
    from: declared.from,
    source: 'nix',
    phase: ['build'],
  })
  const locked = view.exists('pubspec.lock')
  const install = step({
    name: 'install',
    files: ['pubspec.yaml', 'pubspec.lock'],
    commands: [`${flutter ? 'flutter' : 'dart'} pub get${locked ? ' --enforce-lockfile' : ''}`],
    env: ENV,
    network: true,
    outputs: ['.sky', '.dart_tool', 'pubspec.lock'],
  })
  const build = (commands: string[], outputs: string[]) =>
    step({
      name: 'build',
      needs: ['install'],
      files: ['.'],
      commands,
      env: ENV,
      network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
      secrets: ['*'],
      outputs,
    })
  if (flutter) {
    const pages = { dir: 'build/web', indexFallback: true }
    const parts = serveStatic({ ...pages, immutable: [] }, 'pubspec.yaml')
    return languagePlan({
      tools: [tool, parts.tool],
      steps: [install, build(['flutter build web --release'], ['build/web']), parts.step],
      include: [
        { step: STATIC_STEP, paths: [STATIC_FOLDER] },
        { step: 'build', paths: ['build/web'] },
      ],
      env: parts.env,
      static: pages,
      processes: { web: parts.process },
    })
  }
  const frog = /^\s+dart_frog:/m.test(text)
  const named = /^executables:[ \t]*\n[ \t]+[\w-]+:[ \t]*([\w-]*)/m.exec(text)?.[1]
  const name = /^name:\s*([\w-]+)/m.exec(text)?.[1] ?? 'app'
  const main = frog
    ? 'build/bin/server.dart'
    : ([
        ...(named === undefined || named === '' ? [] : [`bin/${named}.dart`]),
        'bin/server.dart',
        'bin/main.dart',
        `bin/${name}.dart`,
      ].find((path) => view.exists(path)) ?? view.find('bin/*.dart'))
  if (main === null || !PLAIN.test(main))
    return refuse('This Dart app has nothing to start', 'Put its program at bin/server.dart.')
  const commands = [
    ...(/^\s+build_runner:/m.test(text) ? ['dart run build_runner build --delete-conflicting-outputs'] : []),
    ...(frog ? ['dart pub global run dart_frog_cli:dart_frog build'] : []),
    `mkdir -p .sky/programs && dart compile exe ${main} -o .sky/programs/server`,
    'rm -rf bin && mv .sky/programs bin',
  ]
  return compiledPlan(context, {
    tools: [tool],
    steps: [
      frog
        ? { ...install, commands: [...install.commands, 'dart pub global activate dart_frog_cli'] }
        : install,
      build(commands, ['bin']),
    ],
    programs: ['server'],
    from: frog ? 'pubspec.yaml' : main,
  })
}
