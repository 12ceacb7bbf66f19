import type { Instance } from '../../server/contract/formation.ts'
import type { Build, Deployment, Release } from '../../server/contract/releases.ts'
import {
  fakeApp,
  openCheckout,
  until,
  type Checkout,
  type FakeApp,
  type FakePlatform,
} from './fake-platform.ts'

/** Makes apps on a platform whose processes are fake, each with a checkout to push from. */
export function pushedApps(platform: FakePlatform) {
  const checkouts: Checkout[] = []
  let count = 0
  return {
    /** A second checkout of an app, as a colleague has it. */
    async checkout(remote: string): Promise<Checkout> {
      const work = await openCheckout(remote)
      checkouts.push(work)
      return work
    },
    /** With `files` the app is pushed and live. */
    async make(files?: FakeApp) {
      count += 1
      const app = await platform.createApp(`shop-${count}`)
      const work = await this.checkout(app.remote)
      const path = `/apps/${app.name}`
      const made = {
        ...app,
        work,
        push: async (what: FakeApp) => {
          await work.change(fakeApp({ note: String(Math.random()), ...what }))
          return work.push()
        },
        instances: () => platform.api<Instance[]>('GET', `${path}/instances`),
        releases: () => platform.api<Release[]>('GET', `${path}/releases`),
        builds: () => platform.api<Build[]>('GET', `${path}/builds`),
        ended: (id: string) =>
          until('the deployment ends', async () => {
            const now = await platform.api<Deployment>('GET', `${path}/deployments/${id}`)
            return now.finished_at !== null && now
          }),
        call: <T>(method: string, rest: string, body?: unknown) => platform.api<T>(method, path + rest, body),
        /** What serves: the releases of the ready instances. */
        serving: async () =>
          (await made.instances())
            .filter(({ state }) => state === 'ready')
            .map(({ type, release }) => `${type} v${release}`),
      }
      if (files !== undefined) {
        const { code, text } = await made.push(files)
        if (code !== 0) throw new Error(`the app could not be pushed: ${text}`)
      }
      return made
    },
    async remove() {
      for (const { remove } of checkouts) await remove()
    },
  }
}
export type PushedApps = ReturnType<typeof pushedApps>
