import fc from 'fast-check'
import { expect, it } from 'vitest'
import { frameReader, HookFrame, hookFrame } from './hook-frames.ts'

it('reads the frames that were written, wherever the stream is cut', () => {
  const frame = fc.tuple(fc.constantFrom(...Object.values(HookFrame)), fc.string({ unit: 'grapheme' }))
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat({ max: 20 })), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(([type, text]) => hookFrame(type, text)))
      const read = frameReader()
      const seen: (readonly [number, string])[] = []
      let at = 0
      for (const size of [...cuts, bytes.length]) {
        for (const { type, payload } of read(bytes.subarray(at, at + size)))
          seen.push([type, payload.toString()])
        at += size
      }
      expect(seen).toEqual(frames)
    }),
  )
})
