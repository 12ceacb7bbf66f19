import { z } from 'zod'
import type { Context } from '../context.ts'
import type { Bom } from '../contract/bom.ts'
import type { AppId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { componentsOfRelease } from '../store/components.ts'
import { Component, Finding } from './component.ts'
import { makeBom } from './make-bom.ts'

/** What a release holds, as CycloneDX. Errors: release_not_found, not_found (its build was made before it was kept). */
export async function showBom(
  ctx: Pick<Context, 'db' | 'config'>,
  app: AppId,
  version: number,
): Promise<Bom> {
  const row = await componentsOfRelease(ctx.db, app, version)
  if (row === null)
    throw new DomainError(
      'release_not_found',
      `There is no release v${version}. List them with: skypanel releases`,
    )
  if (row.components === null)
    throw new DomainError(
      'not_found',
      `What v${version} holds was not written down when it was built. Build it again: skypanel builds:rebuild`,
    )
  return makeBom(
    { ...row, platform: ctx.config.version },
    z.array(Component).parse(row.components),
    z.array(Finding).parse(row.findings),
  )
}
