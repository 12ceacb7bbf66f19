import { z } from 'zod'

/**
 * Where packages come from, as the machine's own clients are configured (npm, pip, Go, apt). Recorded at set-up,
 * passed to every build. null means: the client's own default. No host of a registry stands in our code.
 */
export const Registries = z.object({
  npm: z.object({ registry: z.url() }),
  pip: z.object({
    indexUrl: z.string().nullable(),
    extraIndexUrls: z.array(z.string()),
    /** What the stack's pip takes where it is told of none; asked for versions, never given to builds. */
    ownIndex: z.string().nullable().optional(),
  }),
  go: z.object({ proxy: z.string().nullable(), sumdb: z.string().nullable() }),
  /** Base URIs of the Debian archive and its security archive, as in the machine's apt sources. */
  apt: z.object({ archive: z.string(), security: z.string().nullable() }),
  /** Images of Dockerfiles, as the operator has set them; absent: names mean what they mean everywhere. */
  images: z
    .object({
      /** Name in FROM → the image that is used for it. */
      aliases: z.record(z.string(), z.string()),
      /** Registries that are spoken to without TLS, as `host:port`; builds may reach them also at private addresses. */
      insecure: z.array(z.string()),
    })
    .optional(),
  /** PEM bundle with the machine's own certificate authorities; bound into builds. */
  caBundle: z.string(),
})
export type Registries = z.infer<typeof Registries>
