/** Writes `skypanel.cjs` and `lazy/` into `outdir`; returns the path of the first. */
export function bundleCli(options: { readonly outdir: string }): Promise<string>
