import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CliError, EXIT, Quit } from '../exit.ts'

/** Asks on stderr, so that stdout stays data. Hidden answers are not echoed. */
export async function ask(question: string, options: { hidden?: boolean; instead: string }): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new CliError('no_terminal', `Cannot ask "${question.trim()}" without a terminal.`, {
      hint: options.instead,
      exit: EXIT.usage,
    })
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({
    input: process.stdin,
    output: options.hidden === true ? silent : process.stderr,
    terminal: true,
  })
  // Only now: whoever answers before the terminal has stopped to echo would read the answer there.
  process.stderr.write(question)
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new Quit(EXIT.interrupted)))
      lines.once('close', () => reject(new Quit(EXIT.interrupted)))
    })
  } finally {
    lines.close()
    if (options.hidden === true) process.stderr.write('\n')
  }
}

/** All of stdin as text, e.g. a token or config vars that must not stand in an argv. */
export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
