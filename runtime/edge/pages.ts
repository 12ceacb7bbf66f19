import type { PageName } from './decide.ts'

interface Page {
  readonly status: number
  readonly title: string
  /** What it means. `%` stands for the app's name or the host. */
  readonly text: string
  /** What to do: commands or a sentence. */
  readonly advice: string
  readonly retryAfter: number | null
}

const PAGES: Readonly<Record<PageName, Page>> = {
  unknown: {
    status: 404,
    title: 'There is no app here',
    text: 'No app on this platform answers to %.',
    advice:
      'To make one, type: skypanel create <name>, then git push skypanel main. For a domain of your own: skypanel domains:add <host>.',
    retryAfter: null,
  },
  maintenance: {
    status: 503,
    title: 'Down for maintenance',
    text: '% is being worked on and will be back soon.',
    advice: 'If it is yours: skypanel maintenance:off ends this.',
    retryAfter: 60,
  },
  starting: {
    status: 503,
    title: 'The app is starting',
    text: 'No instance of % is ready yet.',
    advice: 'Try again in a moment. If it is yours: skypanel ps shows its state, skypanel logs what it says.',
    retryAfter: 1,
  },
  stopped: {
    status: 503,
    title: 'No web process is running',
    text: '% has nothing deployed, or is scaled to zero.',
    advice: 'If it is yours: git push skypanel main deploys it, skypanel ps:scale web=1 starts it.',
    retryAfter: 60,
  },
  'no-answer': {
    status: 503,
    title: 'The app did not answer',
    text: '% took the request or refused it, but gave no answer.',
    advice: 'If it is yours: skypanel logs shows what happened.',
    retryAfter: 1,
  },
  'too-slow': {
    status: 504,
    title: 'The app took too long',
    text: '% did not answer in time.',
    advice: 'If it is yours: skypanel logs shows what it was doing.',
    retryAfter: 5,
  },
  'out-of-order': {
    status: 503,
    title: 'Back in a moment',
    text: 'The platform is looking for % and has no answer yet.',
    advice: 'Try again in a moment. If it is yours to run: npm run doctor tells what is wrong.',
    retryAfter: 1,
  },
}

export interface Rendered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The page as HTML, or as JSON `{id, message, request_id}` for a client that says it wants that. */
export function renderPage(
  name: PageName,
  about: {
    readonly app: string | null
    readonly host: string
    readonly accept: string
    readonly requestId: string
  },
): Rendered {
  const page = PAGES[name]
  const subject = about.app ?? (about.host === '' ? 'this address' : about.host)
  const text = page.text.replace('%', subject)
  const json = wantsJson(about.accept)
  const body = json
    ? `${JSON.stringify({ id: name.replaceAll('-', '_'), message: `${text} ${page.advice}`, request_id: about.requestId })}\n`
    : html(page.title, text, page.advice, about.requestId)
  return {
    status: page.status,
    headers: {
      'content-type': json ? 'application/json' : 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-skypanel-edge': name,
      ...(page.retryAfter === null ? {} : { 'retry-after': String(page.retryAfter) }),
    },
    body,
  }
}

export function wantsJson(accept: string): boolean {
  return /\bapplication\/([a-z0-9.+-]*\+)?json\b/i.test(accept) && !/\btext\/html\b/i.test(accept)
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')

function html(title: string, text: string, advice: string, requestId: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; --ink: #1d2330; --dim: #5c6577; --paper: #f6f7f9; --card: #fff; --edge: #dfe3ea }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf1; --dim: #98a2b5; --paper: #12151b; --card: #1a1f28; --edge: #2b3240 } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
main { box-sizing: border-box; width: min(34rem, calc(100vw - 2rem)); padding: 2rem; background: var(--card); border: 1px solid var(--edge); border-radius: 12px }
h1 { margin: 0 0 .5rem; font-size: 1.4rem } p { margin: .5rem 0; overflow-wrap: anywhere } .dim { color: var(--dim); font-size: .9rem }
</style>
</head>
<body><main>
<h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
<p class="dim">${escaped(advice)}</p>
${requestId === '' ? '' : `<p class="dim">Request ${escaped(requestId)}</p>`}
</main></body>
</html>
`
}
