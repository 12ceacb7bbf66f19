import { createReadStream } from 'node:fs'
import { lstat, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../../exit.ts'

const BLOCK = 512

export interface TarFile {
  readonly path: string
  readonly type: 'file' | 'link'
  readonly size: number
  readonly executable: boolean
  readonly target: string
}

const octal = (value: number, width: number) => `${value.toString(8).padStart(width - 1, '0')}\0`

function header(name: string, type: string, size: number, mode: number, target: string): Buffer {
  const block = Buffer.alloc(BLOCK)
  block.write(name.slice(0, 100), 0, 100, 'latin1')
  block.write(octal(mode, 8), 100, 'latin1')
  block.write(octal(0, 8), 108, 'latin1')
  block.write(octal(0, 8), 116, 'latin1')
  block.write(octal(size, 12), 124, 'latin1')
  // No time: the same files make the same archive.
  block.write(octal(0, 12), 136, 'latin1')
  block.write(' '.repeat(8), 148, 'latin1')
  block.write(type, 156, 'latin1')
  block.write(target.slice(0, 100), 157, 100, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** `<length> <key>=<value>\n`, its own length counted in. */
function record(key: string, value: string): Buffer {
  const text = Buffer.from(` ${key}=${value}\n`)
  let length = text.length
  while (String(length).length + text.length !== length) length = String(length).length + text.length
  return Buffer.concat([Buffer.from(String(length)), text])
}

const padded = (data: Buffer): Buffer =>
  Buffer.concat([data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)])

const plain = (text: string) => text.length <= 100 && /^[\x20-\x7e]*$/.test(text)

/** What stands in front of a file's content. Names that are long or not ASCII get a header of their own (pax). Pure. */
export function tarHeader({ path, type, size, executable, target }: TarFile): Buffer {
  const records = [
    ...(plain(path) ? [] : [record('path', path)]),
    ...(plain(target) ? [] : [record('linkpath', target)]),
    ...(size < 8 ** 11 ? [] : [record('size', String(size))]),
  ]
  const extra = Buffer.concat(records)
  const before = records.length === 0 ? [] : [header('pax', 'x', extra.length, 0o644, ''), padded(extra)]
  const own = header(
    path,
    type === 'link' ? '2' : '0',
    size < 8 ** 11 ? size : 0,
    executable ? 0o755 : 0o644,
    target,
  )
  return Buffer.concat([...before, own])
}

/** The archive of a folder's files, piece by piece. It names its root, so that nobody takes a folder for it. */
export async function* tarOf(folder: string, files: readonly string[]): AsyncGenerator<Buffer> {
  yield header('./', '5', 0, 0o755, '')
  for (const path of files) {
    const facts = await lstat(join(folder, path))
    const link = facts.isSymbolicLink()
    const target = link ? await readlink(join(folder, path)) : ''
    const size = link ? 0 : facts.size
    yield tarHeader({
      path,
      type: link ? 'link' : 'file',
      size,
      executable: (facts.mode & 0o100) !== 0,
      target,
    })
    if (size === 0) continue
    let sent = 0
    for await (const chunk of createReadStream(join(folder, path), { end: size - 1 })) {
      const piece = chunk as Buffer
      sent += piece.length
      yield piece
    }
    if (sent !== size) throw new CliError('changed', `${path} was changed while it was read. Deploy again.`)
    const rest = (BLOCK - (size % BLOCK)) % BLOCK
    if (rest > 0) yield Buffer.alloc(rest)
  }
  yield Buffer.alloc(2 * BLOCK)
}
