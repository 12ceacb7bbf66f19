import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PANEL, startApi, type TestApi } from '../../test/support/api.ts'
import { type Access, type Endpoint, fillPath } from '../contract/endpoint.ts'
import { hashPassword } from '../accounts/password.ts'
import { endpoints } from '../contract/endpoints.ts'

type Who = 'nobody' | 'garbage' | 'revoked' | 'expired' | 'stranger' | 'member' | 'admin' | 'platform'
/** The same people in a browser that is signed in, on a page of the panel's own or on one of somebody else. */
type Browsing = 'session of nobody' | 'ended session' | 'stranger' | 'member' | 'admin' | 'platform'
type Outcome = 'allowed' | 'unauthorized' | 'forbidden' | 'app_not_found'

const UNKNOWN = {
  nobody: 'unauthorized',
  garbage: 'unauthorized',
  revoked: 'unauthorized',
  expired: 'unauthorized',
} as const

/** What each rule means for each kind of caller; written out a second time, by hand, on purpose. */
const EXPECTED: Readonly<Record<Access, Readonly<Record<Who, Outcome>>>> = {
  public: {
    nobody: 'allowed',
    garbage: 'allowed',
    revoked: 'allowed',
    expired: 'allowed',
    stranger: 'allowed',
    member: 'allowed',
    admin: 'allowed',
    platform: 'allowed',
  },
  account: { ...UNKNOWN, stranger: 'allowed', member: 'allowed', admin: 'allowed', platform: 'allowed' },
  'app:view': {
    ...UNKNOWN,
    stranger: 'app_not_found',
    member: 'allowed',
    admin: 'allowed',
    platform: 'allowed',
  },
  'app:deploy': {
    ...UNKNOWN,
    stranger: 'app_not_found',
    member: 'allowed',
    admin: 'allowed',
    platform: 'allowed',
  },
  'app:manage': {
    ...UNKNOWN,
    stranger: 'app_not_found',
    member: 'forbidden',
    admin: 'allowed',
    platform: 'allowed',
  },
  'platform:admin': {
    ...UNKNOWN,
    stranger: 'forbidden',
    member: 'forbidden',
    admin: 'forbidden',
    platform: 'allowed',
  },
}

/** The endpoints whose rule is not that of their app; a new endpoint has to be put here or fit the pattern. */
const RULES: Readonly<Record<string, Access>> = {
  'accounts.login': 'public',
  'accounts.whoami': 'account',
  'accounts.setPassword': 'account',
  'accounts.listTokens': 'account',
  'accounts.createToken': 'account',
  'accounts.revokeToken': 'account',
  'accounts.createAccount': 'platform:admin',
  'apps.list': 'account',
  'apps.create': 'account',
  'apps.info': 'app:view',
  'apps.update': 'app:manage',
  'apps.destroy': 'app:manage',
  'configVars.get': 'app:deploy',
  'configVars.patch': 'app:deploy',
  'domains.list': 'app:view',
  'domains.add': 'app:manage',
  'domains.remove': 'app:manage',
  'buildCaches.list': 'app:view',
  'buildCaches.purge': 'app:deploy',
  'cluster.nodes': 'platform:admin',
  'cluster.update': 'platform:admin',
  'cron.list': 'app:view',
  'cron.runs': 'app:view',
  'cron.run': 'app:deploy',
  'formation.list': 'app:view',
  'formation.scale': 'app:deploy',
  'formation.instances': 'app:view',
  'formation.restart': 'app:deploy',
  'logs.stream': 'app:view',
  'network.egress': 'app:view',
  'network.setEgress': 'app:manage',
  'network.links': 'app:view',
  'network.addLink': 'app:manage',
  'network.removeLink': 'app:manage',
  'platform.health': 'public',
  'platform.status': 'account',
  'platform.openapi': 'public',
  'releases.list': 'app:view',
  'releases.info': 'app:view',
  'releases.rollback': 'app:deploy',
  'releases.builds': 'app:view',
  'releases.build': 'app:view',
  'releases.buildLog': 'app:view',
  'deploys.strategy': 'app:view',
  'deploys.setStrategy': 'app:manage',
  'deploys.pause': 'app:deploy',
  'deploys.resume': 'app:deploy',
  'deploys.promote': 'app:deploy',
  'deploys.abort': 'app:deploy',
  'deploys.events': 'app:view',
  'releases.cancelBuild': 'app:deploy',
  'releases.deployment': 'app:view',
  'releases.createBuild': 'app:deploy',
  'releases.upload': 'app:deploy',
  'releases.sbom': 'app:view',
  'releases.previewRollback': 'app:deploy',
  'releases.buildLines': 'app:view',
  'releases.deployments': 'app:view',
  'logs.lines': 'app:view',
  'configVars.names': 'app:deploy',
  'runs.create': 'app:deploy',
  'runs.exec': 'app:deploy',
  'sessions.open': 'public',
  'sessions.openByLink': 'public',
  'sessions.close': 'account',
  'sessions.list': 'account',
  'sessions.revoke': 'account',
  'volumes.list': 'app:view',
  'volumes.create': 'app:manage',
  'volumes.grow': 'app:manage',
  'volumes.destroy': 'app:manage',
  'volumes.snapshot': 'app:deploy',
  'volumes.restore': 'app:manage',
  'volumes.removeSnapshot': 'app:manage',
}

const all: { name: string; endpoint: Endpoint }[] = Object.entries(endpoints).flatMap(([resource, verbs]) =>
  Object.entries<Endpoint>(verbs).map(([verb, endpoint]) => ({ name: `${resource}.${verb}`, endpoint })),
)
const KINDS: readonly Who[] = [
  'nobody',
  'garbage',
  'revoked',
  'expired',
  'stranger',
  'member',
  'admin',
  'platform',
]

const BROWSING: Readonly<Record<Browsing, Who>> = {
  'session of nobody': 'garbage',
  'ended session': 'revoked',
  stranger: 'stranger',
  member: 'member',
  admin: 'admin',
  platform: 'platform',
}

/** Refusals by rule stand before those by input: with input that is always wrong, nothing is changed by asking. */
const WRONG = 'not even an object'

let api: TestApi
const tokens: Partial<Record<Who, string | null>> = {}
beforeAll(async () => {
  api = await startApi()
  const admin = await api.account('admin@example.org')
  const member = await api.account('member@example.org')
  const stranger = await api.account('stranger@example.org')
  await api.call('POST', '/api/apps', { token: admin.token, body: { name: 'shop' } })
  await api.db.query(
    `INSERT INTO memberships (team_id, account_id, role)
     SELECT apps.team_id, accounts.id, 'member' FROM apps, accounts WHERE apps.name = 'shop' AND accounts.email = 'member@example.org'`,
  )
  const more = (label: string) =>
    api.call('POST', '/api/account/tokens', { token: admin.token, body: { label } })
  const root = await hashPassword('password of root@example.org')
  await api.db.query(`UPDATE accounts SET password_hash = $1 WHERE email = 'root@example.org'`, [root])
  const revoked = (await more('revoked')).body
  await api.call('DELETE', `/api/account/tokens/${revoked.id}`, { token: admin.token })
  const expired = (await more('expired')).body
  await api.db.query(`UPDATE tokens SET expires_at = now() - interval '1 second' WHERE label = 'expired'`)
  Object.assign(tokens, {
    nobody: null,
    garbage: `skp_${'x'.repeat(43)}`,
    revoked: String(revoked['token']),
    expired: String(expired['token']),
    stranger: stranger.token,
    member: member.token,
    admin: admin.token,
    platform: api.admin,
  })
})
afterAll(() => api[Symbol.asyncDispose]())

const PARAMS = {
  app: 'shop',
  version: '1',
  build: 'x',
  deployment: 'x',
  token: 'x',
  hostname: 'x',
  run: 'x',
  instance: 'x',
  session: 'x',
  node: 'x',
  entry: 'x',
  other: 'x',
  volume: 'x',
  snapshot: 'x',
}
const path = (endpoint: Endpoint) => `/api${fillPath(endpoint.path, PARAMS)}`

const ask = (endpoint: Endpoint, who: Who) => askWith(endpoint, tokens[who] ?? null, {})

/** The header of a browser that is signed in as one of them. */
const cookies = new Map<Browsing, string>()
async function cookieOf(who: Browsing): Promise<string> {
  const known = cookies.get(who) ?? (await signedIn(who))
  cookies.set(who, known)
  return known
}

async function signedIn(who: Browsing): Promise<string> {
  if (who === 'session of nobody') return `skypanel_session=sks_${'x'.repeat(43)}`
  const { id, headers } = await api.browser(
    `${who === 'ended session' ? 'admin' : who === 'platform' ? 'root' : who}@example.org`,
  )
  if (who === 'ended session') await api.db.query('DELETE FROM sessions WHERE id = $1', [id])
  return headers.Cookie
}

async function askWith(
  endpoint: Endpoint,
  token: string | null,
  headers: Record<string, string>,
): Promise<{ outcome: Outcome; status: number }> {
  // A query that is refused keeps what reads from starting.
  const reading = endpoint.method === 'GET' && endpoint.query !== undefined
  const reply = await api.call(
    endpoint.method,
    `${path(endpoint)}${reading ? '?lines=wrong&after=wrong' : ''}`,
    {
      token,
      headers,
      ...(endpoint.method === 'GET' ? {} : { body: JSON.stringify(WRONG) }),
    },
  )
  const id = reply.body.id
  const denied = id === 'unauthorized' || id === 'forbidden' || id === 'app_not_found'
  return { outcome: denied ? id : 'allowed', status: reply.status }
}

describe('who may call what', () => {
  it('is written down for each endpoint', () => {
    expect(Object.fromEntries(all.map(({ name, endpoint }) => [name, endpoint.access]))).toEqual(RULES)
  })

  describe.each(all)('$name', ({ endpoint }) => {
    it.each(KINDS)('%s gets what the table says', async (who) => {
      const expected = EXPECTED[endpoint.access][who]
      const { outcome, status } = await ask(endpoint, who)
      expect(outcome).toBe(expected)
      expect(status).toBeLessThan(500)
    })

    it.each(Object.keys(BROWSING) as Browsing[])('a browser signed in as %s gets the same', async (who) => {
      const expected = EXPECTED[endpoint.access][BROWSING[who]]
      const headers = { Cookie: await cookieOf(who), Origin: PANEL }
      const { outcome, status } = await askWith(endpoint, null, headers)
      expect(outcome).toBe(expected)
      expect(status).toBeLessThan(500)
      // Signing out is the one thing that asking does.
      if (endpoint === endpoints.sessions.close) cookies.clear()
    })

    it('a page of somebody else gets nothing by the cookie', async () => {
      const Cookie = await cookieOf('admin')
      const theirs = { Cookie, Origin: 'https://shop.apps.example.org' }
      const open = endpoint.access === 'public'
      const reads = endpoint.method === 'GET'
      const asked = async (headers: Record<string, string>) =>
        (await askWith(endpoint, null, headers)).outcome
      expect(await asked(theirs)).toBe(open && reads ? 'allowed' : 'forbidden')
      // Without an origin, only what reads may come, and only from where the browser says that it is no other site.
      if (!reads) expect(await asked({ Cookie })).toBe(open ? 'allowed' : 'forbidden')
      else if (!open) {
        expect(await asked({ Cookie, 'Sec-Fetch-Site': 'cross-site' })).toBe('forbidden')
        expect(await asked({ Cookie, 'Sec-Fetch-Site': 'same-site' })).toBe('forbidden')
        expect(await asked({ Cookie, 'Sec-Fetch-Site': 'same-origin' })).toBe(EXPECTED[endpoint.access].admin)
      }
    })
  })

  it('says the same of an app of others as of one that does not exist', async () => {
    const [others, none] = await Promise.all(
      ['shop', 'none'].map((name) =>
        api.call('GET', `/api/apps/${name}`, { token: tokens.stranger ?? null }),
      ),
    )
    const plain = (reply: typeof others) => ({
      status: reply?.status,
      message: String(reply?.body['message']).replace(/shop|none/, '…'),
    })
    expect(plain(others)).toEqual(plain(none))
  })

  it('takes a token as the password of basic auth, as git sends it', async () => {
    const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` })
    const ask = (text: string) => api.call('GET', '/api/account', { token: null, headers: basic(text) })
    expect((await ask(`anybody:${tokens.member}`)).body).toMatchObject({ email: 'member@example.org' })
    expect((await ask(`${tokens.member}:`)).status).toBe(401)
  })

  it('lets nobody touch the tokens of others', async () => {
    const [row] = await api.db.query<{ id: string }>(
      `SELECT tokens.id FROM tokens JOIN accounts ON accounts.id = account_id WHERE email = 'admin@example.org' LIMIT 1`,
    )
    const reply = await api.call('DELETE', `/api/account/tokens/${row?.id}`, {
      token: tokens.stranger ?? null,
    })
    expect(reply).toMatchObject({ status: 404, body: { id: 'not_found' } })
  })
})
