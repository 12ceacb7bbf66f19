import type { FileView } from '../file-view.ts'

export interface SbtProject {
  /** Of project/build.properties. */
  readonly sbt: { readonly version: string; readonly from: string } | null
  /** What packs the app: sbt-native-packager (Play has it inside), sbt-assembly, or nothing. */
  readonly packs: 'stage' | 'assembly' | null
  readonly play: boolean
  /** The class to start, where it can be told. */
  readonly main: { readonly name: string; readonly from: string } | null
}

const MAX_FILES = 300
const MAX_BYTES = 65_536
const CLASS = /^[\w.$]+$/

export function readSbt(view: FileView): SbtProject {
  const read = (path: string) => {
    const file = view.read(path, MAX_BYTES)
    return file.ok ? file.text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^[ \t]*\/\/.*$/gm, '') : ''
  }
  const version = /^[ \t]*sbt\.version\s*=\s*([\w.-]+)/m.exec(read('project/build.properties'))?.[1]
  const plugins = view.list('project/*.sbt').map(read).join('\n')
  const build = [...view.list('*.sbt'), ...view.list('project/*.scala')].map(read).join('\n')
  const play =
    /org\.playframework["']?\s*%\s*["']sbt-plugin|com\.typesafe\.play["']?\s*%\s*["']sbt-plugin/.test(plugins)
  const stage = play || /sbt-native-packager|sbt-heroku/.test(plugins)
  const named = /mainClass\s*:=\s*Some\(\s*"([\w.$]+)"/.exec(build)?.[1]
  return {
    sbt: version === undefined ? null : { version, from: 'project/build.properties' },
    packs: stage ? 'stage' : /sbt-assembly/.test(plugins) ? 'assembly' : null,
    play,
    main: named !== undefined ? { name: named, from: 'build.sbt' } : mainClass(view, read),
  }
}

/** `@main def run`, `object Main extends App` or one with a `main` of its own. */
function mainClass(view: FileView, read: (path: string) => string): SbtProject['main'] {
  const files = [
    ...view.list('src/main/scala/**/*.scala'),
    ...view.list('*.scala'),
    ...view.list('*/src/main/scala/**/*.scala'),
  ]
  const rank = (path: string) =>
    /\/(?:Main|App|Server|Application|WebServer|Boot)\.scala$/.test(path) ? 0 : 1
  for (const from of files.slice(0, MAX_FILES).sort((a, b) => rank(a) - rank(b))) {
    const text = read(from)
    const folder = [...text.matchAll(/^[ \t]*package\s+([\w.]+)\s*[:{]?\s*$/gm)]
      .map(([, name]) => name ?? '')
      .join('.')
    const object =
      /^[ \t]*object\s+(\w+)[^\n]*\bextends\s+[^\n]*\b(?:App|IOApp(?:\.\w+)?|ZIOAppDefault|ZIOApp|cask\.Main|JsonServer)\b/m.exec(
        text,
      )?.[1]
    const def = /@main\s+def\s+(\w+)/.exec(text)?.[1]
    const plain = /\bdef\s+main\s*\(/.test(text) ? /^[ \t]*object\s+(\w+)/m.exec(text)?.[1] : undefined
    const name = object ?? def ?? plain
    if (name === undefined) continue
    const whole = folder === '' ? name : `${folder}.${name}`
    if (CLASS.test(whole)) return { name: whole, from }
  }
  return null
}
