import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const TEXT = /\.(css|html|js|json|svg|txt|webmanifest)$/
/** What is smaller fits into one packet anyway. */
const SMALLEST = 1000

/**
 * Puts a `.br` and a `.gz` beside each text file of a built dashboard, so that no request pays for the best compression.
 * @param {string} folder
 */
export async function compressPages(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && TEXT.test(entry.name))
  await Promise.all(
    files.map(async (entry) => {
      const file = join(entry.parentPath, entry.name)
      const plain = await readFile(file)
      if (plain.length < SMALLEST) return
      const [br, gz] = await Promise.all([
        promisify(brotliCompress)(plain, {
          params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
        }),
        promisify(gzip)(plain, { level: 9 }),
      ])
      await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)])
    }),
  )
}
