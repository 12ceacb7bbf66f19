export const DOCUMENT = new URL('../../docs/languages.md', import.meta.url)
export const README = new URL('../../README.md', import.meta.url)
