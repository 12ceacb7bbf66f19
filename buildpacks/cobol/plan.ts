import { debianTool } from '../debian-tool.ts'
import { languagePlan, namesWeb } from '../language-plan.ts'
import type { Note } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { type Cobol, readCobol } from './program.ts'

/** What starts a program for each request, by how the program is written. */
const SERVERS: Readonly<
  Record<'cgi' | 'connection', { packages: readonly string[]; command: (name: string) => string }>
> = {
  cgi: {
    packages: ['busybox'],
    command: () => 'exec busybox httpd -f -p $PORT -h /app/cgi',
  },
  connection: {
    packages: ['socat'],
    command: (name) => `exec socat TCP-LISTEN:$PORT,fork,reuseaddr EXEC:bin/${name}`,
  },
}

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const cobol = readCobol(view)
  if (cobol === null)
    return refuse('None of the COBOL files is a program', 'Call the one to start index.cbl or main.cbl.')
  const asked = debianTool(settings, null, {
    name: 'gnucobol',
    title: 'GnuCOBOL',
    version: manifest.defaults['debian'] ?? '',
    keepsOld: true,
    packages: ['gnucobol3'],
    phase: ['build'],
  })
  if (!asked.ok) return asked
  const name = cobol.main.replace(/^.*\//, '').replace(/\.\w+$/, '')
  const named = namesWeb(context)
  const server = named || cobol.serves === null || cobol.serves === 'itself' ? null : SERVERS[cobol.serves]
  const notes: Note[] = [...asked.notes]
  if (!named && cobol.serves === null)
    notes.push({
      level: 'warn',
      code: 'cobol.server.unknown',
      message: `${cobol.main} neither opens a socket nor writes an answer of HTTP, so nothing listens on the port in $PORT. Let it DISPLAY "Content-Type: text/html" and an empty line before its page, or name a server in a Procfile.`,
    })
  const libraries = ['libcob4t64', ...(server?.packages ?? [])].sort()
  return languagePlan({
    tools: [asked.tool],
    systemPackages: { build: ['libcob4t64'], run: libraries },
    steps: [
      step({
        name: 'build',
        files: ['.'],
        commands: [compile(cobol, name), ...(server === SERVERS.cgi ? [cgi(name)] : [])],
        network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
        secrets: ['*'],
        outputs: server === SERVERS.cgi ? ['bin', 'cgi'] : ['bin'],
      }),
    ],
    include: [
      { step: 'build', paths: server === SERVERS.cgi ? ['bin', 'cgi'] : ['bin'] },
      { step: 'source', paths: ['.'] },
    ],
    env: { PATH_PREPEND: '/app/bin', COB_LIBRARY_PATH: '/app/bin' },
    processes: named ? {} : { web: { command: server?.command(name) ?? `bin/${name}`, from: cobol.main } },
    notes,
  })
}

const compile = ({ main, others, free }: Cobol, name: string) =>
  `mkdir -p bin && cobc -x -O2 ${free ? '-free ' : ''}-I . -o bin/${name} ${[main, ...others].join(' ')}`

/** The page at `/` is what the program writes, as is everything below /cgi-bin/. */
const cgi = (name: string) =>
  `mkdir -p cgi/cgi-bin && cp bin/${name} cgi/cgi-bin/index.cgi && cp bin/${name} cgi/cgi-bin/${name}; [ ! -d public ] || cp -r public/. cgi/`
