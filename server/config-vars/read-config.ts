import type { Context } from '../context.ts'
import type { ConfigVars } from '../contract/config-vars.ts'
import type { AppId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { sealedVars } from '../store/config-vars.ts'
import type { Sql } from '../store/db.ts'

/** What a var's seal is bound to: a value moved to another app or name does not open. */
export const sealContext = (app: AppId, name: string): readonly string[] => ['config-var', app, name]

/** All config vars of an app, by name. Errors: internal_error when the key that sealed one is not there. */
export async function readConfig(ctx: Pick<Context, 'seal'>, sql: Sql, app: AppId): Promise<ConfigVars> {
  const rows = await sealedVars(sql, app)
  return Object.fromEntries(
    rows.map(({ name, sealed }) => {
      try {
        return [name, ctx.seal.open(sealed, sealContext(app, name))]
      } catch (cause) {
        throw new DomainError(
          'internal_error',
          `The config var ${name} cannot be opened: it was sealed with another master key, or changed.`,
          { cause },
        )
      }
    }),
  )
}
