import type { FileView } from '../file-view.ts'

export interface RPackages {
  readonly names: ReadonlySet<string>
  readonly locked: boolean
  /** Version of R, and which file says so. */
  readonly r: { readonly text: string; readonly from: string } | null
}

/** What comes with R itself. */
const OWN = new Set(
  'base compiler datasets graphics grDevices grid methods parallel splines stats stats4 tcltk tools utils MASS Matrix lattice nlme survival boot class cluster codetools foreign KernSmooth mgcv nnet rpart spatial'.split(
    ' ',
  ),
)
const NAME = /^[A-Za-z][A-Za-z0-9.]+$/
const MAX_FILES = 100

/** Packages that the app's code, its DESCRIPTION or its lock name. */
export function readPackages(view: FileView): RPackages {
  const names = new Set<string>()
  const add = (name: string | undefined) => {
    if (name !== undefined && NAME.test(name) && !OWN.has(name) && name !== 'R') names.add(name)
  }
  const lock = view.read('renv.lock')
  const description = view.read('DESCRIPTION')
  let r: RPackages['r'] = null
  if (lock.ok) {
    for (const [, name] of lock.text.matchAll(/"Package"\s*:\s*"([^"]+)"/g)) add(name)
    const version = /"R"\s*:\s*\{\s*"Version"\s*:\s*"([\d.]+)"/.exec(lock.text)?.[1]
    if (version !== undefined) r = { text: version, from: 'renv.lock' }
  }
  if (description.ok) {
    const fields = description.text.replaceAll(/\n[ \t]+/g, ' ')
    for (const [, list = ''] of fields.matchAll(/^(?:Depends|Imports):(.*)$/gm))
      for (const part of list.split(',')) add(part.replace(/\(.*/, '').trim())
    const least = /^Depends:.*\bR\s*\(([^()\n]+)\)/m.exec(fields)?.[1]
    if (least !== undefined) r ??= { text: least.trim(), from: 'DESCRIPTION' }
  }
  const code = [...view.list('*.{R,r,Rmd}'), ...view.list('{R,modules,src,scripts}/*.R')].slice(0, MAX_FILES)
  for (const path of code) {
    const file = view.read(path)
    if (!file.ok) continue
    const text = file.text.replaceAll(/^[ \t]*#(?!\*).*$/gm, '')
    for (const [, name] of text.matchAll(/\b(?:library|require|requireNamespace)\s*\(\s*["']?([\w.]+)["']?/g))
      add(name)
    for (const [, name] of text.matchAll(/\b([A-Za-z][\w.]*):::?[\w.]+/g)) add(name)
    for (const [, list = ''] of text.matchAll(/install\.packages\s*\(\s*(c\([^)]*\)|["'][\w.]+["'])/g))
      for (const [, name] of list.matchAll(/["']([\w.]+)["']/g)) add(name)
  }
  return { names, locked: lock.ok, r }
}
