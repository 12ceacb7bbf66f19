import { angular } from './angular.ts'
import { astro } from './astro.ts'
import type { Framework, FrameworkApp, Output } from './framework.ts'
import { nest } from './nest.ts'
import { next } from './next.ts'
import { nitro } from './nitro.ts'
import { nuxt } from './nuxt.ts'
import { reactRouter, remix } from './remix.ts'
import { adonis, fastifyCli, strapi } from './servers.ts'
import { sites } from './sites.ts'
import { storybook } from './storybook.ts'
import { sveltekit } from './sveltekit.ts'
import { vite } from './vite.ts'

/** The first that knows the app is the one: what stands on another framework comes before that. */
const frameworks: readonly Framework[] = [
  next,
  nuxt,
  remix,
  reactRouter,
  astro,
  sveltekit,
  nitro,
  nest,
  strapi,
  adonis,
  angular,
  ...sites,
  vite,
  storybook,
  fastifyCli,
]

export const frameworkNames: readonly string[] = frameworks.map(({ name }) => name)

export interface Found {
  readonly name: string
  readonly output: Output
}

export function frameworkOf(app: FrameworkApp): Found | null {
  for (const framework of frameworks) {
    const output = framework.output(app)
    if (output !== null) return { name: framework.name, output }
  }
  return null
}
