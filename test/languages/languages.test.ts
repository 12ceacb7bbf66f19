import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { frameworkNames } from '../../buildpacks/node/frameworks/all.ts'
import { languageFacts } from './facts.ts'
import { DOCUMENT, README } from './places.ts'
import { document, missingFixtures, shortTable, withTable } from './table.ts'

const languages = await languageFacts()

describe('the table of languages', () => {
  it('in docs/languages.md is what the folders say; `npm run languages` writes it anew', () => {
    expect(readFileSync(DOCUMENT, 'utf8')).toBe(document(languages))
  })

  it('in README.md is what the folders say; `npm run languages` writes it anew', () => {
    const readme = readFileSync(README, 'utf8')
    expect(withTable(readme, shortTable(languages))).toBe(readme)
  })

  it.each(languages.map((language) => [language.manifest.name, language] as const))(
    'names no fixture of %s that is not there',
    (_, language) => {
      expect(missingFixtures(language)).toEqual([])
    },
  )

  it('names every framework of Node.js that has rules', () => {
    const node = languages.find(({ manifest }) => manifest.name === 'node')
    expect(Object.keys(node?.manifest.offers.frameworks ?? {})).toEqual(
      expect.arrayContaining([...frameworkNames]),
    )
  })

  it('marks what is served, and only that', () => {
    const [first] = languages
    if (first === undefined) throw new Error('there is no language')
    const made = {
      ...first,
      fixtures: [
        { name: 'a', tried: 'served' as const },
        { name: 'b', tried: 'planned' as const },
      ],
      manifest: {
        ...first.manifest,
        offers: { ...first.manifest.offers, managers: { One: ['a'], Two: ['b'] } },
      },
    }
    expect(document([made])).toContain('One ✔, Two |')
    expect(document([made])).toContain('1 are really built and served, 1 are a plan')
  })
})
