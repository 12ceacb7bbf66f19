// A log of 200,000 lines in a real browser: how long until its end is read, and what scrolling through all of it costs.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { oneTimeLink, openChromium, panelOrigin, Visitor } from '../support/browser.ts'
import { TestPlatform, until } from '../support/platform.ts'

const LINES = 200_000

/** Of a page's main thread. `cpu` is what a task took of a core; `wall` also what it waited for one on a busy machine. */
interface Longest {
  readonly wall: number
  readonly cpu: number
}
const Trace = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      ph: z.string(),
      pid: z.number(),
      tid: z.number(),
      dur: z.number().optional(),
      tdur: z.number().optional(),
      args: z.object({ name: z.unknown().optional() }).loose().optional(),
    }),
  ),
})

function longestOf(trace: Buffer): Longest {
  const { traceEvents } = Trace.parse(JSON.parse(trace.toString('utf8')))
  const pages = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  )
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => name.endsWith('RunTask') && pages.has(`${pid}/${tid}`),
  )
  const most = (of: (task: (typeof tasks)[number]) => number | undefined) =>
    Math.round(tasks.reduce((longest, task) => Math.max(longest, of(task) ?? 0), 0) / 1000)
  return { wall: most(({ dur }) => dur), cpu: most(({ tdur }) => tdur) }
}
const told = ({ wall, cpu }: Longest) => `longest task ${cpu} ms of a core (${wall} ms by the clock)`

await using platform = await TestPlatform.load()
const app = await platform.app('static')
await app.put({
  'index.html': '',
  'server.cjs': [
    `const http = require('node:http')`,
    `let n = 0`,
    `const more = () => { for (let i = 0; i < 1000 && n < ${LINES}; i++) { n += 1; console.log('line ' + n + ' \\u001b[32mGET\\u001b[0m /products/' + (n % 997) + ' 200 in ' + (n % 89) + ' ms') }`,
    `  if (n < ${LINES}) setTimeout(more, 5); else console.log('the last line') }`,
    `http.createServer((_, answer) => answer.end(String(n))).listen(process.env.PORT, () => setTimeout(more, 500))`,
  ].join('\n'),
  'package.json': '{"name":"chatter","version":"1.0.0","private":true}',
  'package-lock.json':
    '{"name":"chatter","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"chatter","version":"1.0.0"}}}',
  Procfile: 'web: node server.cjs\n',
})
await app.commit('chatter')
await app.deploy()
await until(
  'the last line in the log',
  () => app.run(['logs', '--num', '5']),
  ({ stdout }) => stdout.includes('the last line'),
)

const browser = await openChromium()
try {
  await using visitor = await Visitor.open(browser, panelOrigin(platform))
  const { page } = visitor
  await visitor.enterByLink(await oneTimeLink(platform, platform.facts.email))
  const traced = async (work: () => Promise<unknown>): Promise<Longest> => {
    await browser.startTracing(page, { categories: ['toplevel'] })
    await work()
    return longestOf(await browser.stopTracing())
  }
  const now = () => page.evaluate(() => performance.now())
  const timed = async (tab: string, there: () => Promise<unknown>): Promise<number> => {
    await page.goto(`/apps/${app.name}`)
    await page.locator('.instance-name').first().waitFor()
    const from = performance.now()
    await page.getByRole('link', { name: tab, exact: true }).click()
    await there()
    return Math.round(performance.now() - from)
  }
  const opens: number[] = []
  const floors: number[] = []
  for (let round = 0; round < 5; round += 1) {
    floors.push(await timed('Releases', () => page.getByText('Deploy ').first().waitFor()))
    opens.push(await timed('Logs', () => page.getByText('the last line').waitFor()))
  }
  console.log(`open a page of one row, from the click: ${floors.join(', ')} ms`)
  console.log(`open the log, from the click to its last line: ${opens.join(', ')} ms`)

  const loading = await now()
  const loadTask = await traced(async () => {
    // Whoever filters means the whole log, which is loaded behind the page.
    await page.getByLabel('Filter lines').fill('line')
    await until(
      'all lines',
      () => page.locator('.logs-count').textContent(),
      (text) => /^(200,\d{3} of )?200,\d{3} lines$/.test(text ?? ''),
    )
  })
  console.log(
    `load all ${LINES} and filter them: ${Math.round((await now()) - loading)} ms, ${told(loadTask)}`,
  )

  const filtering = await now()
  const filterTask = await traced(async () => {
    await page.getByLabel('Filter lines').fill('line 19999 get')
    await page.getByText('line 19999 GET').waitFor()
  })
  console.log(`filter down to one line: ${Math.round((await now()) - filtering)} ms, ${told(filterTask)}`)
  await page.getByLabel('Filter lines').fill('')
  await sleep(500)

  const frames: number[] = []
  const scrollTask = await traced(async () => {
    frames.push(
      ...(await page.evaluate(async () => {
        const box = document.querySelector('.log')
        if (box === null) throw new Error('no log')
        const gaps: number[] = []
        let last = performance.now()
        const steps = 240
        for (let step = 0; step <= steps; step += 1) {
          box.scrollTop = box.scrollHeight * (1 - step / steps)
          await new Promise(requestAnimationFrame)
          gaps.push(performance.now() - last)
          last = performance.now()
        }
        return gaps.sort((a, b) => a - b)
      })),
    )
  })
  console.log(
    `scroll from the end to the beginning in ${frames.length} frames: median ${Math.round(frames[frames.length >> 1] ?? 0)} ms, ${told(scrollTask)}`,
  )
  const heap = await page.evaluate(
    () => (performance as unknown as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0,
  )
  console.log(`heap of the page with all lines: ${Math.round(heap / 1e6)} MB`)
} finally {
  await browser.close()
  await app.forget()
}
