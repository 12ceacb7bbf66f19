import type { Detection, PlanContext } from '../provider.ts'
import { buildScriptsOf } from './build-scripts.ts'
import { frameworkOf } from './frameworks/all.ts'
import { entryFile } from './entry.ts'
import { readPackageJson } from './package-json.ts'
import { isProject } from './place.ts'

/**
 * Many apps of other languages, and plain sites, carry a package.json for their assets or their linter. So what counts
 * is whether this one starts something.
 */
export function detect({ view, above }: PlanContext, found: Detection): Detection {
  if (!view.exists('package.json')) {
    const tool =
      above !== undefined && above.view.exists('package.json') && isProject(above.view, above.folder)
    return tool
      ? { ...found, confidence: 0.9, why: `${found.evidence[0] ?? ''} makes it a project of the repository` }
      : { ...found, confidence: 0, why: 'no package.json' }
  }
  const read = readPackageJson(view)
  // A broken package.json still is the best explanation of what was meant.
  if (!read.ok) return { ...found, confidence: 0.5, why: read.message }
  const { pkg } = read
  if (pkg.scripts['start'] !== undefined)
    return { ...found, confidence: 0.9, why: 'package.json has a start script' }
  const entry = entryFile(view, pkg)
  if (entry !== null)
    return {
      ...found,
      confidence: 0.85,
      evidence: [...found.evidence, entry],
      why: `package.json and ${entry}`,
    }
  if (buildScriptsOf(pkg).length > 0)
    return { ...found, confidence: 0.6, why: 'package.json has a build script, but nothing to start' }
  const framework = frameworkOf({ view, pkg })
  if (framework?.output.build !== undefined)
    return { ...found, confidence: 0.6, why: `package.json has ${framework.name}` }
  if (Object.keys(pkg.dependencies).length > 0)
    return { ...found, confidence: 0.25, why: 'package.json has nothing to start or build' }
  return { ...found, confidence: 0.2, why: 'package.json has nothing to start or build, and no dependencies' }
}
