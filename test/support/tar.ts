import { tarHeader, type TarFile } from '../../cli/commands/builds/tar.ts'

export interface Entry {
  readonly path: string
  readonly content?: string | Buffer
  /** As in a tar header: `0` file, `1` hard link, `2` link, `3` device, `5` folder, `6` pipe. */
  readonly type?: string
  readonly target?: string
  readonly executable?: boolean
}

/** An archive that may hold what no honest program packs. */
export function tar(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = '', type = '0', target = '', executable = false }) => {
    const data = Buffer.from(content)
    const facts: TarFile = { path, type: 'file', size: data.length, executable, target }
    const header = tarHeader(facts)
    header.write(type, header.length - 512 + 156, 'latin1')
    checksum(header.subarray(header.length - 512))
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

function checksum(block: Buffer): void {
  block.write(' '.repeat(8), 148, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}
