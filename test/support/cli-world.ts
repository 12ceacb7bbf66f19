import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { ApiServer } from './api-server.ts'
import { bundleInto, CliBench } from './cli.ts'

export interface CliWorld {
  readonly api: ApiServer
  readonly bench: CliBench
}

/**
 * For a file of tests of the command line: bundles it once, and gives each test an API of its own and an empty home.
 *
 * @param env variables of each command, beside the address of the API
 */
export function inCliWorlds(env: Readonly<Record<string, string>>, use: (world: CliWorld) => void): void {
  // Each test starts programs; on a busy machine five seconds are not many.
  vi.setConfig({ testTimeout: 30_000 })
  const bundle = new CliBench('')
  let script = ''
  let world: CliWorld | null = null
  beforeAll(async () => {
    script = await bundleInto(bundle.folder)
  })
  afterAll(() => bundle[Symbol.dispose]())
  beforeEach(async () => {
    const api = await ApiServer.start()
    world = {
      api,
      bench: new CliBench(script, { SKYPANEL_HOST: api.origin, ...env }),
    }
    use(world)
  })
  afterEach(async () => {
    world?.bench[Symbol.dispose]()
    await world?.api.stop()
  })
}
