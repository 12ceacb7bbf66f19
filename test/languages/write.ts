import { readFileSync, writeFileSync } from 'node:fs'
import { languageFacts } from './facts.ts'
import { DOCUMENT, README } from './places.ts'
import { document, shortTable, withTable } from './table.ts'

const languages = await languageFacts()
const readme = withTable(readFileSync(README, 'utf8'), shortTable(languages))
if (readme === null)
  throw new Error('README.md has no place for the table of languages: put the two marks in.')
writeFileSync(DOCUMENT, document(languages))
writeFileSync(README, readme)
