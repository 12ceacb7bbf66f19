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

/**
 * Whether a config var is meant to end in files that browsers get. By their frameworks' own rule such values are baked
 * into the output, so finding one there is no leak.
 */
export function isPublicConfig(name: string): boolean {
  return PUBLIC_PREFIXES.some((prefix) => name.startsWith(prefix))
}
