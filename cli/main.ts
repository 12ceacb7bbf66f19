import { readEnvironment } from './environment.ts'
import { describeFailure, EXIT, isQuit, Quit } from './exit.ts'
import { version } from './version.ts'

const VERSION_WORDS = new Set(['--version', '-v', '-V', 'version'])

async function main(argv: readonly string[]): Promise<void> {
  const environment = readEnvironment(process.env)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  // `skypanel logs | head` ends the reader first; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(EXIT.ok)
  })
  try {
    const { runProgram } = await import('./program.ts')
    await runProgram(argv, { environment, signal: stop.signal })
  } catch (error) {
    // What fails after Ctrl-C fails because of it; only a command that took the signal itself knows its own code.
    const { text, exit } = describeFailure(
      stop.signal.aborted && !isQuit(error) ? new Quit(EXIT.interrupted) : error,
    )
    process.stderr.write(text)
    process.exitCode = exit
  }
}

const argv = process.argv.slice(2)
// Asked by scripts and editors all the time, so it is answered before anything is loaded.
if (argv.length === 1 && VERSION_WORDS.has(argv[0] ?? '')) {
  process.stdout.write(`skypanel/${version()} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  void main(argv)
}
