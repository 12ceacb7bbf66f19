import type { Detection, PlanContext } from '../provider.ts'

const CODE = [
  '*.c',
  '*.cc',
  '*.cpp',
  'src/*.c',
  'src/*.cc',
  'src/*.cpp',
  'src/**/*.c',
  'src/**/*.cpp',
  'app/*.cpp',
]

/** Makefiles stand in apps of every language: what counts is code to compile. */
export function detect({ view }: PlanContext, found: Detection): Detection {
  const code = CODE.map((glob) => view.find(glob)).find((path) => path !== null)
  if (code === undefined || code === null)
    return { ...found, confidence: 0, why: `${found.evidence[0] ?? 'its files'}, but no C or C++ beside it` }
  return { ...found, evidence: [...new Set([...found.evidence, code])], why: `${code} can be compiled` }
}
