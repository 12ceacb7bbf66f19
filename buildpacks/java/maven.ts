import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import type { Step, Tool } from '../plan.ts'
import { request, step } from '../provider.ts'
import { type MavenModule, moduleFiles } from './modules.ts'
import { SETTLE_ARCHIVES } from './settle-archives.ts'

export interface Maven {
  readonly tools: readonly Tool[]
  readonly steps: readonly Step[]
}

const REPOSITORY = '/app/.sky/m2'
/** Java reads no PEM bundle, so what the machine trusts is put into a store of its own for steps with network. */
export const TRUST = `java /usr/share/skypanel/TrustStore.java "$SSL_CERT_FILE" /tmp/cacerts && export JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/tmp/cacerts || true`
const STUB = 'public class SkyStub { public static void main(String[] given) {} }'
const MAX_MODULES = 60

/** What an app's installs fetched before. */
export const CACHE = '/cache/maven'
const SETTINGS = '/tmp/sky-settings.xml'
const repository = (tag: string) =>
  `<${tag}><id>fetched-before</id><url>file://${CACHE}</url><releases><checksumPolicy>ignore</checksumPolicy></releases><snapshots><enabled>false</enabled></snapshots></${tag}>`
/**
 * Maven asks the app's cache as one more repository, before all others: so what it needs this time comes to lie where
 * the build looks for it, and what it needed before does not. The rest is what Maven's own settings say.
 */
const ASK_CACHE = `mkdir -p ${CACHE} && cat > ${SETTINGS} <<'XML'
<settings>
  <mirrors><mirror><id>no-plain-http</id><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror></mirrors>
  <profiles><profile><id>skypanel-cache</id>
    <repositories>${repository('repository')}</repositories>
    <pluginRepositories>${repository('pluginRepository')}</pluginRepositories>
  </profile></profiles>
  <activeProfiles><activeProfile>skypanel-cache</activeProfile></activeProfiles>
</settings>
XML`
const FILL_CACHE = `(cd ${REPOSITORY} && find . -type f ! -path '*-SNAPSHOT/*' ! -name 'maven-metadata*' -print0 | xargs -0 -r cp -n --parents -t ${CACHE})`

/**
 * What Maven needs is found by packaging an empty class: going offline by its own goal misses what plugins load late.
 * A change of the app's own code then costs what compiling it costs.
 */
export function mavenSteps(
  view: FileView,
  env: Readonly<Record<string, string>>,
  network: boolean,
  module: MavenModule | null,
): Maven {
  const poms = (
    module === null ? view.list('**/pom.xml') : module.all.map((folder) => posix.join(folder, 'pom.xml'))
  ).slice(0, MAX_MODULES)
  const wrapper = view.exists('mvnw') ? wrapperVersion(view) : null
  const mvn = wrapper === null ? 'mvn' : 'sh ./mvnw'
  // Older ones cannot read a second repository beneath the first.
  const tail = wrapper === null || atLeast39(wrapper)
  const all = { ...env, MAVEN_USER_HOME: '/app/.sky/m2home' }
  const only = module === null ? '' : ` -pl ${module.folder} -am`
  // Archives would hold the time of the build otherwise, and no two builds of the same would be equal.
  const time = '-Dproject.build.outputTimestamp=1980-02-01T00:00:00Z'
  const common = `-B -ntp -DskipTests -Dmaven.test.skip=true ${time}${only}`
  const folders = poms.map((path) => posix.dirname(path)).filter((path) => /^[\w./-]+$/.test(path))
  const fetch = `${mvn} -q${tail ? ` -gs ${SETTINGS}` : ''}`
  const install = step({
    name: 'install',
    files: [...poms, 'mvnw', '.mvn/**'],
    commands: [
      TRUST,
      ...(tail ? [ASK_CACHE] : []),
      folders
        .map(
          (folder) =>
            `mkdir -p ${posix.join(folder, 'src/main/java')} && echo '${STUB}' > ${posix.join(folder, 'src/main/java/SkyStub.java')}`,
        )
        .join('\n'),
      `${fetch} ${common} -Dmaven.repo.local=${REPOSITORY} package || ${fetch} -B -ntp -Dmaven.repo.local=${REPOSITORY} dependency:go-offline || echo "Not everything could be fetched ahead."`,
      `mkdir -p ${REPOSITORY} && find .sky \\( -name '*.lastUpdated' -o -name '*.lock' -o -name 'resolver-status.properties'${tail ? " -o -name '_remote.repositories'" : ''} \\) -delete`,
      ...(tail ? [FILL_CACHE] : []),
    ],
    env: all,
    network: true,
    caches: tail ? ['maven'] : [],
    outputs: ['.sky'],
  })
  const local = tail
    ? `-Dmaven.repo.local=/tmp/m2 -Dmaven.repo.local.tail=${REPOSITORY}`
    : `-Dmaven.repo.local=${REPOSITORY}`
  const target = module !== null ? posix.join(module.folder, 'target') : poms.length === 1 ? 'target' : null
  const build = step({
    name: 'build',
    needs: ['install'],
    files: module === null ? ['.'] : moduleFiles(view, module),
    commands: [
      ...(network ? [TRUST] : []),
      `${mvn} ${network ? '' : '-o '}${common} ${local} package`,
      SETTLE_ARCHIVES,
      ...(target === null
        ? ['rm -rf .sky']
        : [`rm -rf ${target}/classes ${target}/generated-sources ${target}/maven-* ${target}/test-classes`]),
    ],
    env: all,
    network,
    secrets: ['*'],
    outputs: [target ?? '.'],
  })
  const tool = request({
    name: 'maven',
    want: '*',
    from: 'default',
    source: 'debian',
    phase: ['build'],
    layer: { suite: null, packages: ['maven'] },
  })
  return { tools: wrapper === null ? [tool] : [], steps: [install, build] }
}

/** `3.9.11`, of the address that the wrapper downloads from. */
function wrapperVersion(view: FileView): string | null {
  const file = view.read('.mvn/wrapper/maven-wrapper.properties', 65_536)
  return file.ok ? (/apache-maven-([\d.]+)-bin/.exec(file.text)?.[1] ?? null) : null
}

function atLeast39(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && minor >= 9)
}
