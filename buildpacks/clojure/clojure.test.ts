import { describe, expect, it } from 'vitest'
import { plan, planned, web } from '../../test/support/planning.ts'

const deps = (aliases: string, more = {}) => ({
  'deps.edn': `{:deps {} :aliases {${aliases}}}`,
  'src/a.clj': '(ns a)',
  ...more,
})

describe('a Clojure app', () => {
  it('is started by the alias that says so', () => {
    expect(web(deps(':run {:main-opts ["-m" "shop.main"]}'))).toMatch(/clojure\.main -m shop\.main$/)
    expect(web(deps(':test {:main-opts ["-m" "no"]} :run-x {:exec-fn shop.main/go}'))).toContain(
      "'shop.main/go",
    )
  })

  it('is started by the namespace with a -main when no alias says so', () => {
    const files = { 'src/shop/core.clj': '(ns shop.core\n  (:gen-class))\n(defn -main [& args])' }
    expect(web(deps('', files))).toMatch(/-m shop\.core$/)
    expect(planned(deps(''))).toMatchObject({
      ok: false,
      message: 'deps.edn does not tell what starts this app',
    })
  })

  it('with a build.clj that makes an uberjar starts that', () => {
    expect(web(deps(':build {}', { 'build.clj': '(defn uber [_])' }))).toMatch(
      /-jar \$\(ls -S target\/\*\.jar/,
    )
  })

  it('of Leiningen starts the jar that it names', () => {
    expect(web({ 'project.clj': '(defproject x "1" :uberjar-name "x.jar")', 'src/x.clj': '' })).toContain(
      'target/x.jar',
    )
  })

  it('of the browser alone is left to Node', () => {
    const node = {
      'package.json': JSON.stringify({ scripts: { build: 'shadow-cljs release app', start: 'node out.js' } }),
    }
    const files = { ...node, 'deps.edn': '{}', 'shadow-cljs.edn': '{}', 'src/app.cljs': '(ns app)' }
    expect(plan(files).detected[0]?.provider).toBe('node')
  })
})
