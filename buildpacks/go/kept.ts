import { stepIn } from '../member.ts'

/** Everything that only the build needs of the install. */
export const KEPT = '/app/.sky'
/** Archives of modules, laid out as a module proxy lays them out. */
const PROXY = `${KEPT}/proxy`

/** What an app's builds find again: modules as they are unpacked, and what was compiled. */
export const CACHE = '/cache/go'
export const CACHED = { GOMODCACHE: `${CACHE}/mod`, GOCACHE: `${CACHE}/build` } as const
const FETCHED = `${CACHED.GOMODCACHE}/cache/download`

/**
 * Fetches what go.mod names. Of that the step keeps the archives alone, a tenth of what they hold: unpacked they lie in
 * the app's cache, and a build that finds nothing there unpacks them again. What was compiled lies there only as well:
 * Go looks it up by a hash of all that went into it, so it changes no result.
 */
export const fetchModules = (folder: string): string => `mkdir -p ${PROXY} ${FETCHED} ${CACHED.GOCACHE}
${stepIn(folder, 'go mod download -json')} > /tmp/modules || { sed -n 's/^\\t"Error": "\\(.*\\)",\\{0,1\\}$/\\1/p' /tmp/modules; exit 1; }
cd ${FETCHED}
{
  find . -name '*.mod' -o -name '*.info' -o -name list -o -path './golang.org/toolchain/*.zip'
  sed -n 's#^\\t"Zip": "${FETCHED}/\\(.*\\)",\\{0,1\\}$#./\\1#p' /tmp/modules
} | tr '\\n' '\\0' | xargs -0 -r cp --parents -t ${PROXY}
cd /app`

/** A build asks nobody but what the install kept; go.sum says whether that is right. */
export const offline = (installed: boolean): Record<string, string> => ({
  GOPROXY: installed ? `file://${PROXY}` : 'off',
  GONOPROXY: 'none',
  GONOSUMDB: '*',
  GOVCS: '*:off',
})
