import { randomFillSync } from 'node:crypto'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { uuidV7 } from './domain/uuid.ts'
import type { Sealer } from './secrets/sealer.ts'
import type { Db } from './store/db.ts'

/** What is made once at the start and handed down. A use case names what it needs: `Pick<Context, 'db' | 'newId'>`. */
export interface Context {
  readonly db: Db
  readonly config: Config
  readonly log: Logger
  /** ms since the epoch, for what is compared with this machine's clock only; rows take the database's time. */
  readonly now: () => number
  /** uuid v7; the type parameter is the branded id that it is to be. */
  readonly newId: <Id extends string>() => Id
  readonly seal: Sealer
}

const random = new Uint8Array(10)

/** The one place in which an id gets its brand. */
export const newId = <Id extends string>(): Id => uuidV7(Date.now(), randomFillSync(random)) as Id
