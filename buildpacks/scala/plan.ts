import { TRUST } from '../java/maven.ts'
import { versions } from '../java/versions.ts'
import { languagePlan, namesWeb } from '../language-plan.ts'
import type { Note, Step, Tool } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { readSbt, type SbtProject } from './project.ts'

const MEMORY = '-XX:MaxRAMPercentage=70 -XX:+ExitOnOutOfMemoryError'
const KEPT = '/app/.sky'
const SBT =
  `java -Xmx1536m -Xss4m -Dsbt.global.base=${KEPT}/sbt -Dsbt.boot.directory=${KEPT}/boot -Dsbt.ivy.home=${KEPT}/ivy ` +
  '-Dsbt.color=false -Dsbt.supershell=false -Dsbt.log.noformat=true -Dsbt.server.forcestart=false -Dsbt.ci=true'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, manifest } = context
  if (!view.exists('build.sbt') && !view.exists('project/build.properties')) {
    const tool = view.exists('project.scala') ? 'scala-cli' : 'Mill'
    return refuse(
      `This Scala app is built with ${tool}, which this platform cannot provide`,
      'Build it with sbt (build.sbt, project/build.properties).',
    )
  }
  const asked = versions(context)
  if (!asked.ok) return asked
  const project = readSbt(view)
  const version = project.sbt?.version ?? manifest.defaults['sbt'] ?? ''
  if (!/^[01]\.\d+(?:\.\d+)?(?:-\w+)?$|^2\.\d+\.\d+(?:-\w+)?$/.test(version)) {
    return refuse(
      `project/build.properties asks for sbt "${version.slice(0, 60)}", which is no version`,
      `Write it as in \`sbt.version=${manifest.defaults['sbt'] ?? ''}\`.`,
    )
  }
  const named = namesWeb(context)
  if (project.packs === null && project.main === null && !named) {
    return refuse(
      'build.sbt does not tell what starts this app',
      'Add `Compile / mainClass := Some("app.Main")` to build.sbt, or sbt-native-packager to project/plugins.sbt.',
    )
  }
  const home = `/usr/lib/jvm/java-${asked.major}`
  const env = { JAVA_HOME: home, PATH_PREPEND: `${home}/bin`, COURSIER_CACHE: `${KEPT}/coursier` }
  const notes: Note[] =
    project.play && !context.settings.names.some((name) => /SECRET/.test(name))
      ? [
          {
            level: 'warn',
            code: 'scala.play.secret',
            message:
              'Play needs a secret when it starts: set APPLICATION_SECRET as a config var, and let conf/application.conf read it.',
          },
        ]
      : []
  return languagePlan({
    tools: [asked.tool, sbtTool(project, version), maven()],
    steps: [installStep(view.list('**/*.sbt'), version, env), buildStep(project, env)],
    include: [
      { step: 'build', paths: project.packs === 'stage' ? ['target/universal/stage'] : ['target', '.sky'] },
      { step: 'source', paths: ['.'] },
    ],
    env: { JAVA_HOME: home, PATH_PREPEND: `${home}/bin`, LANG: 'C.UTF-8' },
    processes: named ? {} : { web: startOf(project) },
    notes,
  })
}

const sbtTool = (project: SbtProject, version: string): Tool =>
  request({
    name: 'sbt',
    want: version,
    from: project.sbt?.from ?? 'default',
    version,
    // Its launcher is one file of Maven's central repository, fetched by the install step.
    source: 'maven',
    phase: ['build'],
  })

const maven = (): Tool =>
  request({
    name: 'maven',
    want: '*',
    from: 'default',
    source: 'debian',
    phase: ['build'],
    layer: { suite: null, packages: ['maven'] },
  })

/** Plugins, the compiler and libraries: an empty program makes sbt fetch what only compiling asks for. */
function installStep(
  builds: readonly string[],
  version: string,
  env: Readonly<Record<string, string>>,
): Step {
  return step({
    name: 'install',
    files: [...builds, 'project/*.scala', 'project/build.properties', 'project/project/**'],
    commands: [
      TRUST,
      `mkdir -p .sky src/main/scala && [ -e src/main/scala/SkyStub.scala ] || echo 'object SkyStub' > src/main/scala/SkyStub.scala`,
      `mvn -q -B -ntp -Dmaven.repo.local=/tmp/m2 dependency:copy -Dartifact=org.scala-sbt:sbt-launch:${version} -DoutputDirectory=${KEPT}`,
      `mv ${KEPT}/sbt-launch-*.jar ${KEPT}/sbt-launch.jar`,
      `${SBT} -jar ${KEPT}/sbt-launch.jar update || echo "Not everything could be fetched ahead."`,
      `${SBT} -jar ${KEPT}/sbt-launch.jar compile || echo "Not everything could be fetched ahead."`,
      `find .sky -name '*.lock' -delete`,
    ],
    env,
    network: true,
    outputs: ['.sky'],
  })
}

function buildStep({ packs }: SbtProject, env: Readonly<Record<string, string>>): Step {
  const run = `${SBT} -jar ${KEPT}/sbt-launch.jar`
  const commands =
    packs === 'stage'
      ? [`${run} stage`]
      : packs === 'assembly'
        ? [`${run} "set assembly / test := {}" assembly`, 'rm -rf .sky']
        : [
            `${run} compile`,
            `${run} --error "export Runtime / fullClasspath" | grep / | tail -n 1 > .sky/classpath`,
            'test -s .sky/classpath',
            `rm -rf .sky/boot .sky/sbt .sky/ivy .sky/sbt-launch.jar target/streams target/*/zinc target/*/update`,
          ]
  return step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: [TRUST, ...commands],
    env,
    // sbt looks for what it has not met yet whenever it runs, as plugins do at the last moment.
    network: true,
    secrets: ['*'],
    outputs: packs === 'stage' ? ['target/universal/stage'] : ['target', '.sky'],
  })
}

function startOf({ packs, play, main }: SbtProject): { command: string; from: string } {
  if (packs === 'stage') {
    // Play finds its own file of a process left over otherwise, and does not start.
    const options = play ? ' -Dhttp.port=$PORT -Dpidfile.path=/dev/null' : ''
    return {
      command: `exec "$(find target/universal/stage/bin -type f ! -name '*.bat' | sort | head -n 1)"${options}`,
      from: 'project/plugins.sbt',
    }
  }
  if (packs === 'assembly')
    return {
      command: `java ${MEMORY} $JAVA_OPTS -jar $(ls -S target/scala-*/*.jar | head -n 1)`,
      from: 'project/plugins.sbt',
    }
  return {
    command: `java ${MEMORY} $JAVA_OPTS -cp "$(cat .sky/classpath)" ${main?.name ?? ''}`,
    from: main?.from ?? 'build.sbt',
  }
}
