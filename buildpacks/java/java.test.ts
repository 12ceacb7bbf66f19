import { describe, expect, it } from 'vitest'
import { plan, planned } from '../../test/support/planning.ts'
import { majorOf } from './versions.ts'

const pom = (more: string) => `<project>${more}</project>`

describe('the version of Java', () => {
  it.each([
    ['1.8', 8],
    ['21.0.2-tem', 21],
    ['temurin-17.0.9+9', 17],
    ['25', 25],
    ['latest', null],
  ])('%s is %s', (text, major) => {
    expect(majorOf(text)).toBe(major)
  })

  it.each([
    ['', '21', null],
    ['<java.version>17</java.version>', '17', 'bookworm'],
    ['<maven.compiler.source>1.8</maven.compiler.source>', '17', 'bookworm'],
    ['<maven.compiler.release>22</maven.compiler.release>', '25', null],
  ])('in a pom with %s is %s: the nearest that compiles it', (text, version, suite) => {
    expect(plan({ 'pom.xml': pom(text) }).tools[0]).toMatchObject({ version, layer: { suite } })
  })

  it('that the app names is that one or none', () => {
    const properties = (version: string) => ({
      'pom.xml': pom(''),
      'system.properties': `java.runtime.version=${version}\n`,
    })
    expect(plan(properties('11')).tools[0]?.version).toBe('11')
    expect(planned(properties('19'))).toMatchObject({
      ok: false,
      message: 'Java 19 is not available (asked for by system.properties)',
    })
  })
})

describe('a Java app', () => {
  const web = (files: Record<string, string>) => plan(files).release.processes['web']?.command ?? ''

  it('is told the port in the words of its framework', () => {
    expect(web({ 'pom.xml': pom('spring-boot-starter-web') })).toContain(
      '-Dserver.port=$PORT -jar $(ls -S target/*.jar',
    )
    expect(web({ 'pom.xml': pom('io.quarkus') })).toContain(
      '-Dquarkus.http.port=$PORT -jar target/quarkus-app/quarkus-run.jar',
    )
  })

  it('starts the jar that its pom names, where it does', () => {
    const named = '<parent><version>9</version></parent><artifactId>shop</artifactId><version>1.2.0</version>'
    expect(web({ 'pom.xml': pom(named) })).toMatch(/-jar target\/shop-1\.2\.0\.jar$/)
    expect(web({ 'pom.xml': pom(`${named}<build><finalName>app</finalName></build>`) })).toMatch(
      /-jar target\/app\.jar$/,
    )
    expect(web({ 'pom.xml': pom('<artifactId>${x}</artifactId>') })).toContain('-jar $(ls -S target/*.jar')
  })

  it('brings its own Maven by the wrapper, or gets the one of Debian', () => {
    const wrapper = {
      mvnw: '',
      '.mvn/wrapper/maven-wrapper.properties':
        'distributionUrl=https://repo.example.com/apache-maven-3.8.6-bin.zip\n',
    }
    const names = (files: Record<string, string>) => plan(files).tools.map(({ name }) => name)
    expect(names({ 'pom.xml': pom('') })).toEqual(['java', 'maven'])
    expect(names({ 'pom.xml': pom(''), ...wrapper })).toEqual(['java'])
    const commands = plan({ 'pom.xml': pom(''), ...wrapper })
      .steps.flatMap((step) => step.commands)
      .join('\n')
    expect(commands).toContain('sh ./mvnw')
    expect(commands).not.toContain('repo.local.tail')
  })

  it('with Gradle needs its wrapper', () => {
    expect(planned({ 'build.gradle': '' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('no wrapper'),
    })
    expect(plan({ 'build.gradle': '', gradlew: '' }).steps).toMatchObject([
      { network: true, caches: ['gradle'] },
    ])
  })
})
