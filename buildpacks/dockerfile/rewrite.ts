import type { Parsed } from './parse.ts'
import { type Reference, referencesOf, type Stage } from './stages.ts'

/** The Dockerfile with names of images as the build has them, and with ARGs of ours in each stage. Pure. */
export function rewriteImages(
  { lines }: Pick<Parsed, 'lines'>,
  stages: readonly Stage[],
  nameOf: (image: string) => string,
  args: readonly string[] = [],
): string {
  const text = [...lines]
  stages.forEach((stage, index) => {
    const [from, ...others] = referencesOf(stages, index)
    // It says how layers are to be stored, and this buildah does not know it: what is copied is the same.
    for (const { line, end, flags } of stage.instructions)
      if (flags.some(({ name }) => name === 'link'))
        for (let at = line - 1; at < end; at++)
          text[at] = (text[at] ?? '').replace(/\s--link(?:=\S+)?(?=\s)/, '')
    if (from !== undefined) replaceFrom(text, stage, from, nameOf, args)
    for (const { line, image, stage: known } of others) {
      if (known !== null) continue
      const one = stage.instructions.find((instruction) => instruction.line === line)
      for (let at = line - 1; at < (one?.end ?? line); at++)
        text[at] = (text[at] ?? '').replaceAll(/from=([^\s,]+)/g, (all, given: string) =>
          given === image ? `from=${nameOf(image)}` : all,
        )
    }
  })
  return text.join('\n')
}

function replaceFrom(
  text: string[],
  stage: Stage,
  from: Reference,
  nameOf: (image: string) => string,
  args: readonly string[],
): void {
  const image = from.stage === null ? nameOf(stage.image) : stage.image
  text[stage.line - 1] = `FROM ${image}${stage.name === null ? '' : ` AS ${stage.name}`}`
  for (let at = stage.line; at < stage.end; at++) text[at] = ''
  if (args.length > 0) text[stage.end - 1] = `${text[stage.end - 1] ?? ''}\nARG ${args.join(' ')}`
}
