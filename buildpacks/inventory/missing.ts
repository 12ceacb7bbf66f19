import type { Tool } from '../plan.ts'

/** Says of a tool that only nixpkgs has that it cannot be had here, and what to do. */
export function missingTool({ name, want, from }: Tool): { message: string; hint: string } {
  const version = want === '*' ? '' : ` ${want.slice(0, 60)} (asked for by ${from})`
  return {
    message: `This app needs ${name}${version}, which neither Debian nor the package registries of this platform have`,
    hint: `Commit what your own build of the app leaves, with a Procfile that starts it.`,
  }
}
