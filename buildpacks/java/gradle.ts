import type { FileView } from '../file-view.ts'
import type { Step } from '../plan.ts'
import { step } from '../provider.ts'
import { TRUST } from './maven.ts'
import { SETTLE_ARCHIVES } from './settle-archives.ts'

/**
 * The wrapper fetches Gradle and what it needs; both stay in the app's cache, so the next build only looks whether
 * something changed.
 */
export function gradleStep(view: FileView, env: Readonly<Record<string, string>>): Step {
  const boot = ['build.gradle', 'build.gradle.kts'].some((name) => {
    const file = view.read(name)
    return file.ok && file.text.includes('org.springframework.boot')
  })
  return step({
    name: 'build',
    files: ['.'],
    commands: [
      TRUST,
      `sh ./gradlew --no-daemon --console=plain ${boot ? 'bootJar' : 'build -x test -x check'}`,
      SETTLE_ARCHIVES,
      'rm -rf .gradle build/tmp build/classes build/generated build/reports build/kotlin',
    ],
    env: { ...env, GRADLE_USER_HOME: '/cache/gradle', GRADLE_OPTS: '-Dorg.gradle.vfs.watch=false' },
    network: true,
    secrets: ['*'],
    caches: ['gradle'],
    outputs: ['.'],
  })
}
