import { steersBuild } from './settings.ts'

const PUBLIC_PREFIXES = [
  'VITE_',
  'NEXT_PUBLIC_',
  'REACT_APP_',
  'VUE_APP_',
  'PUBLIC_',
  'NUXT_PUBLIC_',
  'EXPO_PUBLIC_',
  'GATSBY_',
  'NG_APP_',
]

/** An address may have credentials in it. */
const SECRET = new Set(['BUILDPACK_URL'])

/**
 * Whether a config var is no secret: meant to end in files that browsers get, where frameworks bake it into the output
 * by their own rule, or one that steers the build, as the folder of the app, which its files may well name.
 */
export function isPublicConfig(name: string): boolean {
  if (steersBuild(name)) return !SECRET.has(name)
  return PUBLIC_PREFIXES.some((prefix) => name.startsWith(prefix))
}
