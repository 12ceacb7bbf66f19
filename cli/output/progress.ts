import type { Ora } from 'ora'

export interface Progress {
  /** Says what is being waited for; only seen on a terminal. */
  step(text: string): void
}

interface Stream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/**
 * `Scaling web… done` around some work, on stderr: a spinner on a terminal, one plain line elsewhere, the same
 * final text on both. `ending` may add to it, e.g. `done, v5`.
 */
export async function progress<T>(
  stream: Stream & NodeJS.WritableStream,
  title: string,
  work: (progress: Progress) => Promise<T>,
  ending: (result: T) => string = () => 'done',
): Promise<T> {
  // A terminal that does not know its width (a container's, often) has 0 columns; a spinner never ends to wrap there.
  if (stream.isTTY !== true || (stream.columns ?? 0) === 0) {
    stream.write(`${title}… `)
    try {
      const result = await work({ step: () => undefined })
      stream.write(`${ending(result)}\n`)
      return result
    } catch (error) {
      stream.write('failed\n')
      throw error
    }
  }
  const { default: ora } = await import('ora')
  const spinner: Ora = ora({ text: `${title}…`, stream, discardStdin: false }).start()
  const close = (text: string) =>
    spinner.stopAndPersist({ symbol: '', prefixText: '', text: `${title}… ${text}` })
  try {
    const result = await work({ step: (text) => (spinner.text = `${title}… ${text}`) })
    close(ending(result))
    return result
  } catch (error) {
    close('failed')
    throw error
  }
}
