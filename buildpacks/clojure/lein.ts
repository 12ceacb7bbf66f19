import type { Step, Tool } from '../plan.ts'
import { request, step } from '../provider.ts'
import { TRUST } from '../java/maven.ts'
import { SETTLE_ARCHIVES } from '../java/settle-archives.ts'

/** Where Leiningen keeps what it fetches: told on its command line, since it reads no variable for it. */
const KEEP = `update-in : assoc :local-repo '"/app/.sky/m2"' --`

export function leinSteps(env: Readonly<Record<string, string>>): { tools: Tool[]; steps: Step[] } {
  const all = {
    ...env,
    LEIN_HOME: '/app/.sky/lein',
    LEIN_JVM_OPTS: '-XX:TieredStopAtLevel=1',
  }
  const install = step({
    name: 'install',
    files: ['project.clj', 'profiles.clj'],
    commands: [TRUST, `lein with-profile uberjar ${KEEP} deps`, `find .sky -name '*.lastUpdated' -delete`],
    env: all,
    network: true,
    secrets: ['LEIN_USERNAME', 'LEIN_PASSPHRASE', 'CLOJARS_USERNAME', 'CLOJARS_PASSWORD'],
    outputs: ['.sky'],
  })
  const build = step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: [
      `lein -o ${KEEP} uberjar`,
      SETTLE_ARCHIVES,
      'rm -rf target/classes target/*/classes target/stale',
    ],
    env: all,
    secrets: ['*'],
    outputs: ['target'],
  })
  const tool = request({
    name: 'leiningen',
    want: '*',
    from: 'default',
    source: 'debian',
    phase: ['build'],
    layer: { suite: null, packages: ['leiningen'] },
  })
  return { tools: [tool], steps: [install, build] }
}
