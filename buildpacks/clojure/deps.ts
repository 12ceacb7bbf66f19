import type { Step, Tool } from '../plan.ts'
import { request, step } from '../provider.ts'
import { TRUST } from '../java/maven.ts'

const ENV = { GITLIBS: '/app/.sky/gitlibs', CLJ_CONFIG: '/tmp/clojure' }

/** Writes the class path that deps.edn and some of its aliases stand for. Arguments: file to write, aliases. */
const BASIS = `(require '[clojure.tools.deps :as deps] '[clojure.string :as text])
(let [[file & names] *command-line-args*
      basis (deps/create-basis {:user nil
                                :extra {:mvn/local-repo "/app/.sky/m2"}
                                :aliases (mapv keyword names)})]
  (spit file (text/join ":" (:classpath-roots basis))))
(shutdown-agents)`

const POM = (version: string) =>
  `<project><modelVersion>4.0.0</modelVersion><groupId>sky</groupId><artifactId>tools</artifactId><version>1</version><dependencies><dependency><groupId>org.clojure</groupId><artifactId>tools.deps</artifactId><version>${version}</version></dependency></dependencies></project>`

/**
 * deps.edn is read by Clojure's own library for it, which Maven fetches. What is fetched stays in the release: the class
 * path leads to it.
 */
export function depsSteps(
  env: Readonly<Record<string, string>>,
  version: string,
  alias: string | null,
  uberjar: boolean,
): { tools: Tool[]; steps: Step[] } {
  const all = { ...env, ...ENV }
  const write = (file: string, names: string) =>
    `java -cp "/app/.sky/tools/*" clojure.main /app/.sky/basis.clj ${file}${names}`
  const install = step({
    name: 'install',
    files: ['deps.edn'],
    commands: [
      TRUST,
      `mkdir -p .sky/tools && cat > .sky/tools.xml <<'POM'\n${POM(version)}\nPOM`,
      'mvn -q -B -ntp -f .sky/tools.xml -Dmaven.repo.local=/tmp/m2 dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=/app/.sky/tools',
      `cat > .sky/basis.clj <<'CLOJURE'\n${BASIS}\nCLOJURE`,
      write('/app/.sky/classpath', alias === null ? '' : ` ${alias}`),
      ...(uberjar ? [write('/app/.sky/build-classpath', ' build')] : []),
      // A build by the app's own script runs its tools with the same class paths and asks nobody again.
      `rm -rf .sky/tools .sky/tools.xml .sky/basis.clj; find .sky -name '*.lastUpdated' -delete`,
    ],
    env: all,
    network: true,
    secrets: ['CLOJARS_USERNAME', 'CLOJARS_PASSWORD'],
    outputs: ['.sky'],
  })
  const build = step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: [
      TRUST,
      `java -cp ".:$(cat .sky/build-classpath)" clojure.main -e "((requiring-resolve 'build/uber) {})"`,
      'rm -rf target/classes',
    ],
    env: all,
    // tools.build reads the project's dependencies itself, and may find one that only this build wants.
    network: true,
    secrets: ['*'],
    outputs: ['target'],
  })
  const tool = request({
    name: 'maven',
    want: '*',
    from: 'default',
    source: 'debian',
    phase: ['build'],
    layer: { suite: null, packages: ['maven'] },
  })
  return { tools: [tool], steps: uberjar ? [install, build] : [install] }
}
