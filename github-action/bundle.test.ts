import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { bundleAction } from './bundle.mjs'
import { readInputs } from './config.ts'
import { failedSummary } from './summary.ts'

const read = (name: string) => readFile(new URL(name, import.meta.url), 'utf8')

describe('what a runner starts', () => {
  it('is what the sources give; if not: node github-action/bundle.mjs', async () => {
    const made = await bundleAction()
    // Not compared by expect: its difference of two such files helps nobody.
    const stale: string[] = []
    for (const [name, text] of Object.entries(made))
      if ((await read(`dist/${name}`)) !== text) stale.push(name)
    expect(stale).toEqual([])
  })

  it('holds the licences of what was bundled, and no path of the machine it was made on', async () => {
    const text = await read('dist/index.js')
    expect(text).toMatch(/\/\*!\nzod\n[\s\S]*MIT License/)
    expect(text).not.toContain(process.cwd())
  })

  it('gets every input that action.yml names, and no other', async () => {
    const named = await namedInputs()
    const asked = new Set<string>()
    const env = new Proxy<Record<string, string>>(
      { INPUT_HOST: 'a.example', INPUT_TOKEN: 'x', INPUT_APP: 'shop' },
      {
        get(target, name: string) {
          asked.add(name.replace('INPUT_', '').toLowerCase())
          return target[name]
        },
      },
    )
    readInputs(env)
    expect([...asked].sort()).toEqual(named.sort())
  })

  it.each(['deploy-on-push', 'preview-per-pull-request'])(
    'is given inputs that exist, and all it needs, by the example %s',
    async (name) => {
      const named = await namedInputs()
      const workflow = await read(`examples/${name}.yml`)
      const steps = [...workflow.matchAll(/skypanel\/github-action@\S+\n +with:\n((?: +[\w-]+: .*\n)+)/g)]
      expect(steps.length).toBeGreaterThan(0)
      for (const [, block = ''] of steps) {
        const given = [...block.matchAll(/^ +([\w-]+): /gm)].map(([, input]) => input)
        expect(named).toEqual(expect.arrayContaining(given))
        expect(given).toEqual(expect.arrayContaining(['host', 'token', 'app']))
      }
    },
  )
})

async function namedInputs(): Promise<string[]> {
  const block = /^inputs:\n([\s\S]*?)^outputs:/m.exec(await read('action.yml'))?.[1] ?? ''
  return [...block.matchAll(/^ {2}([\w-]+):$/gm)].map(([, name]) => name ?? '')
}

it('a summary of a failure cannot be left by what a build printed', () => {
  const summary = failedSummary('shop', 'Push rejected', 'why ``` not', ['````', '<img src=x>', '```'])
  expect(summary).toMatch(/^````text\nwhy ``` not\n````$/m)
  expect(summary).toMatch(/^`````text\n````\n<img src=x>\n```\n`````$/m)
})
