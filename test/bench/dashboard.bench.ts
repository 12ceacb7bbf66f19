// A log of 200,000 lines in a real browser: how long until its end is read, and what scrolling through all of it costs.
import { setTimeout as sleep } from 'node:timers/promises'
import { oneTimeLink, openChromium, panelOrigin, Visitor } from '../support/browser.ts'
import { TestPlatform, until } from '../support/platform.ts'

const LINES = 200_000

interface LongTask {
  readonly at: number
  readonly ms: number
}
interface Measured {
  readonly longTasks: LongTask[]
}

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
  await visitor.context.addInitScript(() => {
    const longTasks: LongTask[] = []
    Object.assign(window, { longTasks })
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) longTasks.push({ at: startTime, ms: duration })
    }).observe({ type: 'longtask', buffered: true })
  })
  await visitor.enterByLink(await oneTimeLink(platform, platform.facts.email))
  const tasksSince = async (from: number) =>
    (await page.evaluate(() => (window as unknown as Measured).longTasks)).filter(({ at }) => at >= from)
  const now = () => page.evaluate(() => performance.now())
  const longest = (tasks: readonly LongTask[]) => Math.round(Math.max(0, ...tasks.map(({ ms }) => ms)))

  const opens: number[] = []
  for (let round = 0; round < 5; round += 1) {
    await page.goto(`/apps/${app.name}`)
    await page.locator('.instance-name').first().waitFor()
    const from = performance.now()
    await page.getByRole('link', { name: 'Logs' }).click()
    await page.getByText('the last line').waitFor()
    opens.push(performance.now() - from)
  }
  console.log(
    `open, from the click to the last line: ${opens.map((ms) => `${Math.round(ms)} ms`).join(', ')}`,
  )

  const loading = await now()
  // Whoever filters means the whole log, which is loaded behind the page.
  await page.getByLabel('Filter lines').fill('line')
  await until(
    'all lines',
    () => page.locator('.logs-count').textContent(),
    (text) => /^(200,\d{3} of )?200,\d{3} lines$/.test(text ?? ''),
  )
  const loaded = await now()
  console.log(
    `load all ${LINES} and filter them: ${Math.round(loaded - loading)} ms, longest task ${longest(await tasksSince(loading))} ms`,
  )

  const filtering = await now()
  await page.getByLabel('Filter lines').fill('line 19999 get')
  await page.getByText('line 19999 GET').waitFor()
  console.log(
    `filter down to one line: ${Math.round((await now()) - filtering)} ms, longest task ${longest(await tasksSince(filtering))} ms`,
  )
  await page.getByLabel('Filter lines').fill('')
  await sleep(500)

  const scrolling = await now()
  const frames = await page.evaluate(async () => {
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
  })
  const p99 = frames[Math.floor(frames.length * 0.99)] ?? 0
  console.log(
    `scroll from the end to the beginning in ${frames.length} frames: median ${Math.round(frames[frames.length >> 1] ?? 0)} ms, p99 ${Math.round(p99)} ms, longest task ${longest(await tasksSince(scrolling))} ms`,
  )
  const heap = await page.evaluate(
    () => (performance as unknown as { memory?: { usedJSHeapSize: number } }).memory?.usedJSHeapSize ?? 0,
  )
  console.log(`heap of the page with all lines: ${Math.round(heap / 1e6)} MB`)
} finally {
  await browser.close()
  await app.forget()
}
