import { posix } from 'node:path'

/** Everything that only the build needs: modules and the compiler's cache. */
export const KEPT = '/app/.sky'

/** What an app's installs find again. */
export const CACHE = '/cache/go'
/** Where an install fetches and compiles to; the build finds what it needs of it in KEPT. */
export const CACHED = { GOMODCACHE: `${CACHE}/mod`, GOCACHE: `${CACHE}/build` } as const

/**
 * Before an install: Go renews the time of what it takes from its cache once that is an hour old, so everything is made
 * older first, and what is newer afterwards was needed. Times of another build user's files cannot be set: those are
 * copied.
 */
export const TAKE = `: What was fetched and compiled before is used again
mkdir -p ${CACHE}/mod ${CACHE}/build
if [ -n "$(find ${CACHE} -type f ! -user 1000 -print -quit)" ]; then
  rm -rf ${CACHE}/mine && mkdir ${CACHE}/mine && cp -r ${CACHE}/mod ${CACHE}/build ${CACHE}/mine/
  rm -rf ${CACHE}/mod ${CACHE}/build && mv ${CACHE}/mine/* ${CACHE}/ && rmdir ${CACHE}/mine
fi
find ${CACHE}/build -type f -exec touch -d '2 days ago' {} +
touch -d '1 day ago' /tmp/before`

/**
 * After an install: of all that is cached, what this version of the app needs, whose module or workspace is `folder`.
 * Archives of modules are left out, for
 * the modules lie unpacked beside them.
 */
export const keep = (folder: string): string => `: What the build needs of it is kept with the app
mkdir -p ${KEPT}/gocache ${KEPT}/gomod/cache
find ${CACHE}/build -type f ! -newer /tmp/before ! -name README ! -name testexpire.txt -delete
cp -r ${CACHE}/build/. ${KEPT}/gocache/
cd ${CACHE}/mod
if [ -d cache/download ]; then
  find cache/download '(' -name '*.zip' -o -name '*.lock' ')' -prune -o -type f -print0 | xargs -0 -r cp -r --parents -t ${KEPT}/gomod
fi
{ cd ${posix.join('/app', folder)}; go list -m -f '{{.Dir}}' all 2>/dev/null || true; go env GOROOT; cd ${CACHE}/mod; } | sed -n 's#^${CACHE}/mod/##p' | while IFS= read -r module; do
  cp -r --parents -t ${KEPT}/gomod "./$module"
done
cd /app`
