import { hasDependency } from '../package-json.ts'
import type { Framework } from './framework.ts'

/** Strapi compiles its panel and starts by its own command. */
export const strapi: Framework = {
  name: 'Strapi',
  output: ({ pkg }) =>
    hasDependency(pkg, '@strapi/strapi')
      ? {
          kind: 'server',
          start: 'strapi start',
          instead: /^strapi (?:dev|develop)\b/,
          build: 'strapi build',
          buildEnv: { STRAPI_TELEMETRY_DISABLED: 'true' },
          runEnv: { HOST: '0.0.0.0', STRAPI_TELEMETRY_DISABLED: 'true' },
        }
      : null,
}

/** AdonisJS builds a whole app into a folder; its packages lie beside. */
export const adonis: Framework = {
  name: 'AdonisJS',
  output: ({ pkg }) =>
    hasDependency(pkg, '@adonisjs/core')
      ? {
          kind: 'server',
          start: 'node build/bin/server.js',
          instead: /^node (?:\.\/)?(?:bin\/)?server(?:\.js)?$/,
          build: 'node ace build',
          runEnv: { HOST: '0.0.0.0' },
        }
      : null,
}

/** A plugin for Fastify's own command, which listens for it. */
export const fastifyCli: Framework = {
  name: 'Fastify',
  output: ({ view, pkg }) =>
    hasDependency(pkg, 'fastify-cli') && view.exists('app.js')
      ? {
          kind: 'server',
          start: 'fastify start --port $PORT app.js',
          runEnv: { FASTIFY_ADDRESS: '0.0.0.0' },
        }
      : null,
}
