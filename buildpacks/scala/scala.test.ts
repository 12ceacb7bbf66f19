import { describe, expect, it } from 'vitest'
import { plan, planned, web } from '../../test/support/planning.ts'

const sbt = (more: Record<string, string>) => ({ 'build.sbt': 'name := "x"', ...more })

describe('a Scala app', () => {
  it.each([
    ['package shop\n\n@main def go(): Unit = ()', 'shop.go'],
    ['package a\npackage b\n\nobject Web extends IOApp.Simple {}', 'a.b.Web'],
    ['package a.b {\n}\nobject X {\n  def main(args: Array[String]): Unit = ()\n}', 'a.b.X'],
    ['object Server extends cask.MainRoutes', null],
  ])('whose code is %j starts %s', (code, main) => {
    const result = planned(sbt({ 'src/main/scala/Main.scala': code }))
    if (main === null) expect(result).toMatchObject({ ok: false })
    else expect(result.ok && result.plan.release.processes['web']?.command.endsWith(` ${main}`)).toBe(true)
  })

  it('is packed by the plugin that it has', () => {
    const packed = (plugin: string) => web(sbt({ 'project/plugins.sbt': plugin }))
    expect(packed('addSbtPlugin("com.github.sbt" % "sbt-native-packager" % "1.10.4")')).toContain(
      'target/universal/stage/bin',
    )
    expect(packed('addSbtPlugin("org.playframework" % "sbt-plugin" % "3.0.6")')).toContain(
      '-Dhttp.port=$PORT',
    )
    expect(packed('addSbtPlugin("com.eed3si9n" % "sbt-assembly" % "2.3.0")')).toContain(
      '-jar $(ls -S target/scala-*/*.jar',
    )
  })

  it('gets the sbt that it names, and is refused one that is no version', () => {
    const app = sbt({ 'src/main/scala/Main.scala': '@main def go = ()' })
    const named = plan({ ...app, 'project/build.properties': 'sbt.version=1.9.9\n' })
    expect(named.tools).toContainEqual(
      expect.objectContaining({ name: 'sbt', version: '1.9.9', from: 'project/build.properties' }),
    )
    expect(planned({ ...app, 'project/build.properties': 'sbt.version=newest\n' })).toMatchObject({
      ok: false,
    })
  })
})
