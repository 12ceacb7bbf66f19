import type { Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import { type Declared, fromToolFiles, fromVersionFile } from '../tool-files.ts'

/** Which suite has which Java; null is the stack's own. The others are unpacked without what only desktops need. */
const SUITES: Readonly<Record<string, string | null>> = {
  '8': 'sid',
  '11': 'sid',
  '17': 'bookworm',
  '21': null,
  '25': null,
  '26': 'sid',
}
const MAJORS = Object.keys(SUITES).map(Number)

export interface JavaVersion {
  readonly ok: true
  readonly major: number
  readonly tool: Tool
}

/** Which Java the app asks for: exactly where it says so, else the nearest that compiles what the build file names. */
export function versions(context: PlanContext, root = context.view): JavaVersion | Refusal {
  const { manifest } = context
  // What a module does not say itself, the repository that it is a part of may say.
  const exact = exactly(context) ?? exactly({ ...context, view: root })
  const declared = exact ??
    fromBuildFile(context) ??
    fromBuildFile({ ...context, view: root }) ?? { text: manifest.defaults['java'] ?? '21', from: 'default' }
  const major = majorOf(declared.text)
  if (major === null) {
    return refuse(
      `${declared.from} asks for Java "${declared.text.slice(0, 60)}", which is no version`,
      'Write it as in `21`.',
    )
  }
  const chosen =
    exact === null ? MAJORS.find((one) => one >= major && one >= 17) : MAJORS.find((one) => one === major)
  if (chosen === undefined) {
    return refuse(
      `Java ${major} is not available (asked for by ${declared.from})`,
      `These are: ${MAJORS.join(', ')}. 21 and 25 get fixes for the longest time.`,
    )
  }
  const suite = SUITES[String(chosen)] ?? null
  const tool = request({
    name: 'java',
    want: declared.text,
    from: declared.from,
    version: String(chosen),
    source: 'debian',
    phase: ['build', 'run'],
    layer: {
      suite,
      packages:
        suite === null
          ? [`openjdk-${chosen}-jdk-headless`]
          : [`openjdk-${chosen}-jdk-headless`, `openjdk-${chosen}-jre-headless`],
    },
  })
  return { ok: true, major: chosen, tool }
}

function exactly({ view, settings }: PlanContext): Declared | null {
  const set = override(settings, 'SKYPANEL_JAVA_VERSION', 'JAVA_VERSION')
  if (set !== null) return { text: set.value, from: set.name }
  const properties = view.read('system.properties', 65_536)
  const heroku = properties.ok ? /^java\.runtime\.version\s*=\s*(\S+)/m.exec(properties.text)?.[1] : undefined
  if (heroku !== undefined) return { text: heroku, from: 'system.properties' }
  const sdkman = view.read('.sdkmanrc', 65_536)
  const java = sdkman.ok ? /^java\s*=\s*(\S+)/m.exec(sdkman.text)?.[1] : undefined
  if (java !== undefined) return { text: java, from: '.sdkmanrc' }
  return fromVersionFile(view, '.java-version') ?? fromToolFiles(view, 'java')
}

const POM = [
  /<java\.version>\s*([\d.]+)\s*</,
  /<maven\.compiler\.release>\s*([\d.]+)\s*</,
  /<release>\s*([\d.]+)\s*<\/release>/,
  /<maven\.compiler\.(?:target|source)>\s*([\d.]+)\s*</,
]
const GRADLE = [
  /JavaLanguageVersion\.of\(\s*["']?(\d+)/,
  /jvmToolchain\(\s*(\d+)/,
  /(?:source|target)Compatibility\s*=?\s*(?:JavaVersion\.VERSION_)?["']?([\d_.]+)/,
]

function fromBuildFile({ view }: PlanContext): Declared | null {
  for (const [from, patterns] of [
    ['pom.xml', POM],
    ['build.gradle', GRADLE],
    ['build.gradle.kts', GRADLE],
  ] as const) {
    const file = view.read(from)
    if (!file.ok) continue
    for (const pattern of patterns) {
      const text = pattern.exec(file.text)?.[1]
      if (text !== undefined) return { text: text.replaceAll('_', '.'), from }
    }
  }
  return null
}

/** `1.8` → 8, `21.0.2-tem` → 21, `temurin-17.0.9+9` → 17; null when it names none. */
export function majorOf(text: string): number | null {
  const match = /^(?:[a-z]+-)*(\d+)(?:\.(\d+))?/i.exec(text.trim())
  if (match === null) return null
  const [, first = '', second] = match
  return first === '1' && second !== undefined ? Number(second) : Number(first)
}
