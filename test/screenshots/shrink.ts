/// <reference lib="dom" />
import { crc32, deflateSync } from 'node:zlib'
import type { Browser } from 'playwright-core'

interface Indexed {
  readonly width: number
  readonly height: number
  /** RGB, at most 256 colours. */
  readonly palette: readonly number[]
  /** One byte a pixel, base64. */
  readonly pixels: string
}

/** The same picture with 256 of its colours; others become the nearest of them. A third of the bytes. */
export async function shrink(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage()
  try {
    // What compiles this on the fly names functions with it.
    await page.evaluate('globalThis.__name = (named) => named')
    return encode(await page.evaluate(toPalette, `data:image/png;base64,${png.toString('base64')}`))
  } finally {
    await page.close()
  }
}

/** Runs in the browser, which has a decoder. */
async function toPalette(url: string): Promise<Indexed> {
  const image = new Image()
  image.src = url
  await image.decode()
  const { width, height } = image
  const context = new OffscreenCanvas(width, height).getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.drawImage(image, 0, 0)
  const { data } = context.getImageData(0, 0, width, height)
  const colours: number[] = []
  const counts = new Map<number, number>()
  for (let at = 0; at < data.length; at += 4) {
    const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0)
    colours.push(colour)
    counts.set(colour, (counts.get(colour) ?? 0) + 1)
  }
  const popular = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour)
  // A small red sign counts little among grey letters, and would turn grey: each region of colours keeps its first.
  const regions = new Map<number, number>()
  for (const colour of popular) {
    const region = ((colour >> 20) << 8) | (((colour >> 12) & 15) << 4) | ((colour >> 4) & 15)
    if (!regions.has(region)) regions.set(region, colour)
  }
  const kept = [...new Set([...[...regions.values()].slice(0, 200), ...popular])].slice(0, 256)
  const indices = new Map(kept.map((colour, index) => [colour, index]))
  const distance = (a: number, b: number) =>
    ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2
  const indexOf = (colour: number): number => {
    const known = indices.get(colour)
    if (known !== undefined) return known
    let nearest = 0
    for (let index = 1; index < kept.length; index += 1)
      if (distance(colour, kept[index] ?? 0) < distance(colour, kept[nearest] ?? 0)) nearest = index
    indices.set(colour, nearest)
    return nearest
  }
  let pixels = ''
  for (const colour of colours) pixels += String.fromCharCode(indexOf(colour))
  return { width, height, palette: kept, pixels: btoa(pixels) }
}

function encode({ width, height, palette, pixels }: Indexed): Buffer {
  const raw = Buffer.from(pixels, 'base64')
  const rows = Buffer.alloc((width + 1) * height)
  for (let row = 0; row < height; row += 1)
    raw.copy(rows, row * (width + 1) + 1, row * width, (row + 1) * width)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Eight bits a pixel, by palette.
  header.set([8, 3, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk(
      'PLTE',
      Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255])),
    ),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}
