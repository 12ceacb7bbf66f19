import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { asMember } from '../member.ts'
import type { Note } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { gradleStep } from './gradle.ts'
import { CACHE, mavenSteps } from './maven.ts'
import { type MavenModule, mavenModule } from './modules.ts'
import { versions } from './versions.ts'

/** Frameworks: what gives them away in a build file, and how they are told the port. */
const PORTS: readonly { mark: RegExp; option: string; jar?: string; name: string }[] = [
  {
    mark: /io\.quarkus/,
    option: '-Dquarkus.http.host=0.0.0.0 -Dquarkus.http.port=$PORT',
    jar: 'target/quarkus-app/quarkus-run.jar',
    name: 'Quarkus',
  },
  { mark: /spring-boot/, option: '-Dserver.port=$PORT', name: 'Spring Boot' },
  { mark: /io\.micronaut/, option: '-Dmicronaut.server.port=$PORT', name: 'Micronaut' },
  { mark: /io\.helidon/, option: '-Dserver.port=$PORT -Dserver.host=0.0.0.0', name: 'Helidon' },
]
/** Memory of an instance is its own, and the heap may have most of it. */
const MEMORY = '-XX:MaxRAMPercentage=70 -XX:+ExitOnOutOfMemoryError'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { above } = context
  const module = above === undefined ? null : mavenModule(above.view, above.folder)
  if (above === undefined || module === null) return planIn(context, context.view, null)
  const planned = planIn(context, above.view, module)
  return planned.ok ? asMember(planned, context, above.folder) : planned
}

/** `root` is what is built, of which `module` may be a part. */
function planIn(context: PlanContext, root: FileView, module: MavenModule | null): LanguagePlan | Refusal {
  const { view, settings, procfile } = context
  const asked = versions(context, root)
  if (!asked.ok) return asked
  const home = `/usr/lib/jvm/java-${asked.major === 8 ? '8' : asked.major}`
  const env = { JAVA_HOME: home, PATH_PREPEND: `${home}/bin` }
  const maven = view.exists('pom.xml')
  const notes: Note[] = []
  if (!maven && !view.exists('gradlew')) {
    return refuse(
      'This Gradle app has no wrapper (gradlew)',
      "Run `gradle wrapper`, commit gradlew and gradle/wrapper, and push again: it brings the Gradle that the app was written for. Debian's own is 4.4, too old for today's plugins.",
    )
  }
  const network = flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false
  const made = maven ? mavenSteps(root, env, network, module) : { tools: [], steps: [gradleStep(view, env)] }
  const text = buildText(view) + (module === null ? '' : buildText(root))
  const framework = PORTS.find(({ mark }) => mark.test(text))
  const named = procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null
  const jar = framework?.jar !== undefined && maven ? framework.jar : jarPattern(view, maven)
  const command =
    `${module === null ? '' : 'exec '}java ${MEMORY} $JAVA_OPTS ${framework?.option ?? ''} -jar ${jar}`.replaceAll(
      / +/g,
      ' ',
    )
  if (!named && framework === undefined)
    notes.push({
      level: 'info',
      code: 'java.framework.unknown',
      message:
        'No framework was recognised: the jar has to name its main class and to listen on the port in $PORT. A Procfile says otherwise.',
    })
  const multi = maven ? view.list('**/pom.xml').length > 1 : true
  const folder = module?.folder ?? '.'
  return {
    ok: true,
    tools: [asked.tool, ...made.tools],
    steps: made.steps,
    caches: maven
      ? { maven: { dir: CACHE, scope: 'app' } }
      : { gradle: { dir: '/cache/gradle', scope: 'app' } },
    include:
      multi && module === null
        ? [{ step: 'build', paths: ['.'] }]
        : [
            { step: 'build', paths: [posix.join(folder, 'target')] },
            { step: 'source', paths: [folder] },
          ],
    env: { ...env, LANG: 'C.UTF-8' },
    static: null,
    processes: named
      ? {}
      : { web: { command, from: framework?.name ?? (maven ? 'pom.xml' : 'build.gradle') } },
    notes,
  }
}

/** What Maven calls the jar of a single module, where the pom says it in plain words. */
function mavenJar(view: FileView): string | null {
  const file = view.read('pom.xml')
  if (!file.ok || view.list('**/pom.xml').length > 1) return null
  const final = /<finalName>\s*([^<\s]+)\s*</.exec(file.text)?.[1]
  const own = file.text.replace(
    /<(parent|dependencies|dependencyManagement|build|profiles|properties)>[\s\S]*?<\/\1>/g,
    '',
  )
  const part = (name: string) => new RegExp(`<${name}>\\s*([^<\\s]+)\\s*<`).exec(own)?.[1]
  const name = final ?? `${part('artifactId') ?? '?'}-${part('version') ?? '?'}`
  return /^[\w.+-]+$/.test(name) ? `target/${name}.jar` : null
}

/** The build files, in which frameworks show. */
function buildText(view: FileView): string {
  const files = [
    'pom.xml',
    'build.gradle',
    'build.gradle.kts',
    ...view.list('*/pom.xml').slice(0, 20),
    ...view.list('*/build.gradle*').slice(0, 20),
  ]
  return files
    .map((path) => view.read(path))
    .map((file) => (file.ok ? file.text : ''))
    .join('\n')
}

/** The shell finds the one jar that runs: not the sources, and not what repackaging left over. */
function jarPattern(view: FileView, maven: boolean): string {
  const named = maven ? mavenJar(view) : null
  if (named !== null) return named
  const folders = maven
    ? view.list('**/pom.xml').map((path) => path.replace(/pom\.xml$/, 'target'))
    : ['build/libs', '*/build/libs']
  const places = folders.map((folder) => `${folder}/*.jar`).filter((place) => /^[\w./*-]+$/.test(place))
  return `$(ls -S ${places.join(' ')} 2>/dev/null | grep -v -e -sources.jar -e -javadoc.jar -e -plain.jar -e -tests.jar -e /original- | head -n 1)`
}
