/** Text by file name, as it belongs into `dist`. */
export function bundleAction(): Promise<{ readonly 'index.js': string; readonly 'package.json': string }>
