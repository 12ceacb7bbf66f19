import { versions } from '../java/versions.ts'
import { languagePlan, namesWeb } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse } from '../provider.ts'
import { depsSteps } from './deps.ts'
import { leinSteps } from './lein.ts'
import { entryOf, textOf } from './project.ts'

const MEMORY = '-XX:MaxRAMPercentage=70 -XX:+ExitOnOutOfMemoryError'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, manifest } = context
  const asked = versions(context)
  if (!asked.ok) return asked
  const home = `/usr/lib/jvm/java-${asked.major}`
  const env = { JAVA_HOME: home, PATH_PREPEND: `${home}/bin` }
  const named = namesWeb(context)
  const java = `java ${MEMORY} $JAVA_OPTS`
  if (view.exists('project.clj')) {
    const made = leinSteps(env)
    const jar = /:uberjar-name\s+"([\w.+-]+)"/.exec(textOf(view, 'project.clj'))?.[1]
    const place =
      jar === undefined
        ? '$(ls target/*-standalone.jar target/*/*-standalone.jar 2>/dev/null | head -n 1)'
        : `$(ls target/${jar} target/*/${jar} 2>/dev/null | head -n 1)`
    return languagePlan({
      tools: [asked.tool, ...made.tools],
      steps: made.steps,
      include: [
        { step: 'build', paths: ['target'] },
        { step: 'source', paths: ['.'] },
      ],
      env: { ...env, LANG: 'C.UTF-8' },
      processes: named ? {} : { web: { command: `${java} -jar ${place}`, from: 'project.clj' } },
    })
  }
  const uberjar = /\(defn-?\s+(?:\^\S+\s+)*uber\b/.test(textOf(view, 'build.clj'))
  const entry = uberjar ? null : entryOf(view)
  if (!uberjar && entry === null && !named) {
    return refuse(
      'deps.edn does not tell what starts this app',
      'Add an alias, as in `:aliases {:run {:main-opts ["-m" "app.main"]}}`, or a Procfile.',
    )
  }
  const made = depsSteps(env, manifest.defaults['toolsDeps'] ?? '', entry?.alias ?? null, uberjar)
  const command = uberjar
    ? `${java} -jar $(ls -S target/*.jar | head -n 1)`
    : `${java} -cp "$(cat .sky/classpath)" clojure.main ${entry?.main ?? ''}`
  return languagePlan({
    tools: [asked.tool, ...made.tools],
    steps: made.steps,
    include: [
      ...(uberjar ? [{ step: 'build', paths: ['target'] }] : [{ step: 'install', paths: ['.sky'] }]),
      { step: 'source', paths: ['.'] },
    ],
    env: { ...env, LANG: 'C.UTF-8' },
    processes: named ? {} : { web: { command, from: entry?.from ?? 'build.clj' } },
  })
}
