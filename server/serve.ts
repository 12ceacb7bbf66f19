import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { authenticate } from './accounts/authenticate.ts'
import { createRateLimit } from './accounts/rate-limit.ts'
import { createApi } from './api/server.ts'
import { openRepository } from './apps/open-repository.ts'
import type { Config } from './config.ts'
import { newId } from './context.ts'
import { createBus } from './deploy/bus.ts'
import { createCrash } from './deploy/crash-points.ts'
import { createDeploy } from './deploy/deploy.ts'
import { createNodeClient } from './deploy/node-client.ts'
import { deploySettings } from './deploy/settings.ts'
import { isDomainError } from './domain/errors.ts'
import { publishHosts } from './domains/publish-hosts.ts'
import type { GitDeps } from './git/git-http.ts'
import { listenForHooks } from './git/hook-socket.ts'
import { installHook } from './git/install-hook.ts'
import { createPushes } from './git/pushes.ts'
import { createGitHandler } from './git/receive.ts'
import { createSourceControl, sourceLimits } from './git/source-control.ts'
import { takeLead } from './lead/take-lead.ts'
import { readKeys } from './secrets/key-file.ts'
import { createSealer } from './secrets/sealer.ts'
import { openDb } from './store/db.ts'
import { checkMigrations } from './store/migrate.ts'
import { createStatus } from './telemetry/status.ts'
import { tidyMemory } from './telemetry/tidy-memory.ts'

const MB = 1024 * 1024
/** The database starts beside us; after this it is not late but away. */
const DATABASE_PATIENCE_MS = 60_000

/**
 * The server, from the first connection to the last: it answers once this process leads, and ends what it began when
 * `ending` aborts. Instances, builds and pushes go on without it.
 */
export async function serve(config: Config, log: Logger, ending: AbortSignal): Promise<void> {
  const warn = (message: string, error: unknown) => log.warn({ err: error }, message)
  const { paths } = config
  const seal = createSealer(await readKeys(paths.masterKey))
  await untilDatabase(config, log, ending)
  await using db = openDb({ url: config.databaseUrl, max: 16, warn })
  const lead = await takeLead({ db, config, log })
  const stopped = new AbortController()
  const ended = AbortSignal.any([ending, stopped.signal])
  const failures: Error[] = []
  const giveUp = (error: unknown) => {
    failures.push(error instanceof Error ? error : new Error(String(error)))
    stopped.abort()
  }

  using node = createNodeClient(paths.agentSocket, lead.epoch)
  using bus = createBus(db)
  using _memory = tidyMemory(globalThis.gc ?? null)
  const pushes = createPushes()
  const hooks = join(paths.git, 'hooks')
  await mkdir(paths.git, { recursive: true, mode: 0o750 })
  await mkdir(dirname(paths.hookSocket), { recursive: true, mode: 0o750 })
  const hook = await installHook(hooks, join(paths.agentState, 'native.json'), paths.nix, [
    process.execPath,
    ...process.execArgv,
  ])
  await using deploy = createDeploy({
    db,
    node,
    git: createSourceControl(paths.git, pushes, sourceLimits(config.maxPushMb * MB, config.sourceHosts)),
    seal,
    newId,
    bus,
    crash: createCrash(config.crashAt, (signal) => process.kill(process.pid, signal)),
    settings: deploySettings(config, lead.epoch),
    log: log.child({ part: 'deploy' }),
  })
  const { intake } = deploy
  await using _hooks = await listenForHooks({ path: paths.hookSocket, pushes, intake, warn })
  const git: GitDeps = {
    root: paths.git,
    hooks,
    hookSocket: paths.hookSocket,
    maxPack: config.maxPushMb * MB,
    pushes,
    authenticate: (request) => authenticate({ db, log }, request.headers.authorization),
    openApp: (actor, name) => openRepository({ db }, actor, name),
    warn,
  }
  await using _hosts = publishHosts({ db, config, log }, lead.epoch, () =>
    giveUp(new Error('Another server has taken over; this one ends.')),
  )
  lead.announce(ended).catch(giveUp)
  await deploy.start()
  await using api = await createApi(
    {
      db,
      config,
      log,
      now: Date.now,
      newId,
      seal,
      deploy,
      status: createStatus({ config, db }),
      loginLimits: {
        perEmail: createRateLimit(perMinute(config.rate.loginsPerMinute)),
        perAddress: createRateLimit(perMinute(3 * config.rate.loginsPerMinute)),
      },
      callerLimit: createRateLimit(perHour(config.rate.perTokenAndHour)),
      sessionLimit: createRateLimit(perHour(10 * config.rate.perTokenAndHour)),
      addressLimit: createRateLimit({ burst: 600, perSecond: 20 }),
    },
    createGitHandler(git),
  )
  const port = await api.listen({ host: '127.0.0.1', port: config.reach.panel })
  log.info({ port, epoch: lead.epoch, version: config.version, hook }, 'serving')
  await aborted(ended)
  log.info({}, 'ending')
  const [failure] = failures
  if (failure !== undefined) throw failure
}

const perHour = (count: number) => ({ burst: count, perSecond: count / 3600 })
const perMinute = (count: number) => ({ burst: count, perSecond: count / 60 })

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Waits for a database that is only starting. @throws when its schema is not this server's. */
async function untilDatabase(config: Config, log: Logger, ending: AbortSignal): Promise<void> {
  const deadline = performance.now() + DATABASE_PATIENCE_MS
  for (;;) {
    try {
      return await checkMigrations(config.databaseUrl, config.migrations)
    } catch (error) {
      if (!isDomainError(error, 'database_unavailable') || performance.now() > deadline || ending.aborted)
        throw error
      log.warn({ err: error }, 'the database does not answer yet')
      await sleep(500, undefined, { signal: ending }).catch(() => undefined)
    }
  }
}
