import { rm } from 'node:fs/promises'
import type { TestApp, TestPlatform } from '../support/platform.ts'

const SERVER = `const http = require('node:http')
const say = (text) => console.log(text)
const paths = ['/', '/products', '/products/42', '/cart', '/assets/app.css']
let n = 0
const tell = () => {
  n += 1
  const path = paths[n % paths.length]
  if (n % 17 === 0) console.error('\\u001b[33mwarn\\u001b[0m  slow query (' + (300 + n) + ' ms) SELECT * FROM stock WHERE sku = $1')
  else if (n % 41 === 0) console.error('\\u001b[31;1merror\\u001b[0m ECONNRESET while asking the warehouse; trying it again')
  else say('\\u001b[32mGET\\u001b[0m ' + path.padEnd(18) + ' \\u001b[1m200\\u001b[0m  ' + ((n * 7) % 43) + ' ms')
}
say('shop ' + require('./package.json').version + ' starting')
for (let i = 0; i < 120; i++) tell()
setInterval(tell, 1500)
http.createServer((_, answer) => answer.end('shop\\n')).listen(process.env.PORT, () => say('listening on ' + process.env.PORT))
`
const WORKER = `let n = 0
setInterval(() => console.log('\\u001b[36mjob\\u001b[0m ' + ++n + ' send-receipt \\u001b[32mdone\\u001b[0m'), 2200)
`
const BUILD = `console.log('> compiling 42 modules')
console.log('\\u001b[36mshop\\u001b[0m 38 kB  \\u001b[2m│ gzip 12 kB\\u001b[0m')
require('node:fs').mkdirSync('dist', { recursive: true })
`

const packageJson = (version: string, build: string) => ({
  'package.json': JSON.stringify({ name: 'shop', version, private: true, scripts: { build } }),
  'package-lock.json': JSON.stringify({
    name: 'shop',
    version,
    lockfileVersion: 3,
    packages: { '': { name: 'shop', version } },
  }),
})

export interface Scene {
  readonly shop: TestApp
  remove(): Promise<void>
}

/** Apps in the states that pages are looked at for: a busy shop with a history, a site in maintenance, a new app. */
export async function setScene(platform: TestPlatform): Promise<Scene> {
  const shop = await platform.app(null, 'harbour-shop')
  const must = async (app: TestApp, ...args: string[]) => {
    const { code, stderr } = await app.run(args)
    if (code !== 0) throw new Error(`skypanel ${args.join(' ')} ended with ${code}: ${stderr}`)
  }
  await shop.put({
    'server.js': SERVER,
    'worker.js': WORKER,
    'build.js': BUILD,
    Procfile: 'web: node server.js\nworker: node worker.js\n',
    ...packageJson('1.4.0', 'node build.js'),
  })
  await shop.commit('Show stock levels on the product page')
  await shop.deploy()
  await must(shop, 'config:set', 'DATABASE_URL=postgres://shop:example@10.0.0.4/shop', 'LOG_LEVEL=info')
  await must(shop, 'config:set', 'SECRET_KEY_BASE=3f9c1d', 'SMTP_URL=smtp://mail.example.com:587')
  await shop.put({ ...packageJson('1.4.1', 'echo "src/cart.js:12 Unexpected token" >&2; exit 2') })
  await shop.commit('Try the new bundler')
  await shop.push()
  await shop.put({ ...packageJson('1.5.0', 'node build.js') })
  await shop.commit('Cache the price list for a minute')
  await shop.deploy()
  await must(shop, 'scale', 'web=2', 'worker=1')
  await must(shop, 'domains:add', 'shop.example.com')

  const site = await platform.app('static', 'landing')
  await site.deploy()
  await must(site, 'maintenance:on')
  const fresh = await platform.app(null, 'first-steps')
  return {
    shop,
    async remove() {
      for (const { folder } of [shop, site, fresh]) await rm(folder, { recursive: true, force: true })
    },
  }
}
