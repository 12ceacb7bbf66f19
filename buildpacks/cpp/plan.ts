import type { FileView } from '../file-view.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { flag, override } from '../settings.ts'

interface Build {
  readonly tool: readonly string[]
  readonly commands: readonly string[]
  /** Program to start, where the build file tells. */
  readonly program: string | null
  readonly from: string
}

const FLAGS = { CFLAGS: '-O2', CXXFLAGS: '-O2' }

export function plan({ view, settings, procfile }: PlanContext): LanguagePlan | Refusal {
  const build = buildOf(view)
  const named = procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null
  if (build.program === null && !named) {
    return refuse(
      `${build.from} does not tell which program serves this app`,
      'Add a Procfile, as in `web: build/server`; it has to listen on the port in $PORT.',
    )
  }
  return {
    ok: true,
    tools: build.tool.map((name) =>
      request({
        name,
        want: '*',
        from: 'default',
        source: 'debian',
        phase: ['build'],
        layer: {
          suite: null,
          packages: name === 'cmake' ? ['cmake', 'ninja-build'] : ['meson', 'ninja-build'],
        },
      }),
    ),
    steps: [
      step({
        name: 'build',
        files: ['.'],
        commands: [...build.commands],
        env: FLAGS,
        network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
        secrets: ['*'],
        outputs: ['.'],
      }),
    ],
    caches: {},
    include: [{ step: 'build', paths: ['.'] }],
    env: {},
    static: null,
    processes: build.program === null || named ? {} : { web: { command: build.program, from: build.from } },
    notes: [],
  }
}

/** Records of the build with its times: no two builds of the same would be equal, and a release has no use for them. */
const FORGET = 'rm -rf build/.ninja_deps build/.ninja_log'

function buildOf(view: FileView): Build {
  const text = (path: string) => {
    const file = view.read(path)
    return file.ok ? file.text : ''
  }
  if (view.exists('CMakeLists.txt')) {
    const name = /^\s*add_executable\s*\(\s*"?([\w.-]+)"?/im.exec(text('CMakeLists.txt'))?.[1] ?? null
    return {
      tool: ['cmake'],
      commands: [
        'cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release',
        'cmake --build build',
        `${FORGET} build/CMakeFiles/CMakeConfigureLog.yaml`,
      ],
      program: name === null ? null : `build/${name}`,
      from: 'CMakeLists.txt',
    }
  }
  if (view.exists('meson.build')) {
    const name = /^\s*(?:\w+\s*=\s*)?executable\s*\(\s*'([\w.-]+)'/m.exec(text('meson.build'))?.[1] ?? null
    return {
      tool: ['meson'],
      commands: [
        'meson setup build --buildtype=release',
        'meson compile -C build',
        `${FORGET} build/meson-logs build/meson-private`,
      ],
      program: name === null ? null : `build/${name}`,
      from: 'meson.build',
    }
  }
  if (view.exists('Makefile')) {
    const makefile = text('Makefile')
    const name = /^(?:TARGET|BIN|PROGRAM|EXEC)\s*[:?]?=\s*([\w./-]+)\s*$/m.exec(makefile)?.[1] ?? null
    return { tool: [], commands: ['make'], program: name === null ? null : `./${name}`, from: 'Makefile' }
  }
  const c = view.list('*.c')
  const sources = (c.length > 0 ? c : [...view.list('*.cc'), ...view.list('*.cpp')]).filter((path) =>
    /^[\w.-]+$/.test(path),
  )
  const compiler = c.length > 0 ? 'gcc' : 'g++'
  return {
    tool: [],
    commands: [`mkdir -p build && ${compiler} -O2 -pthread -o build/app ${sources.join(' ')}`],
    program: 'build/app',
    from: sources[0] ?? 'the sources',
  }
}
