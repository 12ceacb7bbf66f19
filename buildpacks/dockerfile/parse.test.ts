import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkInstructions } from './check.ts'
import { expand } from './expand.ts'
import { commandOf, launchOf } from './launch.ts'
import { parseDockerfile } from './parse.ts'
import { rewriteImages } from './rewrite.ts'
import { neededStages, stagesOf, targetOf } from './stages.ts'
import { readYaml } from './yaml-part.ts'

const read = (...lines: string[]) => parseDockerfile(lines.join('\n'))
const stages = (...lines: string[]) => stagesOf(read(...lines).instructions, {})

/** What a Dockerfile is made of, in no order. */
const PIECES =
  'FROM |RUN |COPY |--from=|--mount=type=secret,id=|<<EOF|EOF|\\|`|\n| |#|["|"]|$|{A:-|}|ARG A=|AS |,|=|# escape=`\n|\r\n|\u0000|é'.split(
    '|',
  )

describe('a Dockerfile', () => {
  it('is read with continued lines, comments between them, flags, the JSON form and heredocs', () => {
    const { instructions, problem } = read(
      '# syntax=docker/dockerfile:1',
      'from debian:13 as Build',
      'RUN --mount=type=cache,target=/c apt-get update \\',
      '  # why',
      '',
      '  && apt-get install -y curl',
      'RUN <<EOF',
      'FROM nothing',
      'EOF',
      'CMD ["node", "a b.js"]',
    )
    expect(problem).toBeNull()
    expect(instructions.map(({ name, line, end }) => [name, line, end])).toEqual([
      ['FROM', 2, 2],
      ['RUN', 3, 6],
      ['RUN', 7, 9],
      ['CMD', 10, 10],
    ])
    expect(instructions[1]?.flags).toEqual([{ name: 'mount', value: 'type=cache,target=/c' }])
    expect(instructions[1]?.rest).toBe('apt-get update   && apt-get install -y curl')
    expect(instructions[3]?.words).toEqual(['node', 'a b.js'])
  })

  it('may say what continues its lines', () => {
    expect(read('# escape=`', 'FROM a', 'RUN one `', '  two').instructions[1]?.rest).toBe('one   two')
  })

  it('with a heredoc that is not closed is told so by its line', () => {
    expect(read('FROM a', 'RUN <<END', 'x').problem).toMatchObject({ line: 2 })
  })

  it('takes ARGs before FROM, stages by name and number, and leaves out what the target does not need', () => {
    const all = stages(
      'ARG TAG=22',
      'FROM node:${TAG}-slim AS build',
      'FROM debian AS unused',
      'FROM scratch',
      'COPY --from=build /a /a',
      'COPY --from=0 /b /b',
      'RUN --mount=type=bind,from=alpine:3,target=/x ls',
    )
    expect(all.map(({ image }) => image)).toEqual(['node:22-slim', 'debian', 'scratch'])
    expect(neededStages(all, targetOf(all, null))).toEqual([0, 2])
    expect(targetOf(all, 'BUILD')).toBe(0)
    expect(targetOf(all, 'none')).toBe(-1)
  })

  it('is rewritten line by line: only names of images change', () => {
    const parsed = read('FROM \\', '  node:22 AS a', 'FROM a', 'COPY --link --from=alpine:3 /x /x', 'CMD x')
    const text = rewriteImages(parsed, stagesOf(parsed.instructions, {}), (image) => `base/${image}`)
    expect(text.split('\n')).toEqual([
      'FROM base/node:22 AS a',
      '',
      'FROM a',
      'COPY --from=base/alpine:3 /x /x',
      'CMD x',
    ])
  })

  it.each([
    [['FROM a', 'CMD node server.js'], 'node server.js'],
    [['FROM a', 'CMD ["node", "my server.js"]'], "exec node 'my server.js'"],
    [['FROM a', 'ENTRYPOINT ["/run.sh"]', 'CMD ["a"]'], 'exec /run.sh a'],
    [['FROM a AS x', 'CMD ["a"]', 'FROM x', 'ENTRYPOINT ["/b"]'], 'exec /b'],
    [['FROM a', 'SHELL ["/bin/bash", "-c"]', 'CMD echo $PORT'], "exec /bin/bash -c 'echo $PORT'"],
    [['FROM a'], null],
  ])('%j starts %s', (lines, command) => {
    const all = stages(...lines)
    expect(commandOf(launchOf(all, all.length - 1))).toBe(command)
  })

  it.each([
    ['ADD https://example.com/x.tgz /x', 'curl'],
    ['ADD git@example.com:a/b.git /x', 'git clone'],
    ['RUN --security=insecure true', 'Remove the flag'],
    ['RUN --network=none true', 'Remove the flag'],
    ['RUN --mount=type=ssh true', 'type=secret'],
    ['RUN --mount=type=secret,id=a-b true', 'NPM_TOKEN'],
    ['COPY --nope a b', '--from'],
    ['ENTRYPOIN x', 'ENTRYPOINT'],
    ['RUN', 'remove the line'],
    ['SHELL /bin/sh', 'SHELL ["'],
  ])('%s is refused with its line and what to write', (line, hint) => {
    const { problems } = checkInstructions(read('FROM a', '', line).instructions)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.line).toBe(3)
    expect(problems[0]?.hint).toContain(hint)
  })

  it.each(['HEALTHCHECK CMD true', 'VOLUME /data', 'STOPSIGNAL SIGQUIT', 'ONBUILD RUN x', 'EXPOSE 3000'])(
    '%s is remarked on',
    (line) => {
      const { problems, remarks } = checkInstructions(read('FROM a', line).instructions)
      expect(problems).toEqual([])
      expect(remarks).toMatchObject([{ line: 2 }])
    },
  )

  it('of any bytes is read without an error and without losing a line', () => {
    const piece = fc.constantFrom(...PIECES)
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (parts) => {
        const parsed = parseDockerfile(parts.join(''))
        for (const { line, end } of parsed.instructions) {
          expect(line).toBeGreaterThan(0)
          expect(end).toBeGreaterThanOrEqual(line)
          expect(end).toBeLessThanOrEqual(parsed.lines.length)
        }
        checkInstructions(parsed.instructions)
        const all = stagesOf(parsed.instructions, {})
        neededStages(all, targetOf(all, null))
        launchOf(all, all.length - 1)
        const rewritten = rewriteImages(parsed, all, (image) => image)
        expect(rewritten.split('\n')).toHaveLength(parsed.lines.length)
      }),
      { numRuns: 400 },
    )
  })

  it('that is built to take long is read at once', () => {
    for (const text of [
      'FROM ' + '$'.repeat(200_000),
      'RUN ' + '<<A '.repeat(50_000),
      '\\\n'.repeat(100_000),
    ])
      stagesOf(parseDockerfile(text).instructions, {})
    expand('${A:-'.repeat(50_000), {})
    checkInstructions(parseDockerfile(`FROM a\nADD ${'a.git#'.repeat(30_000)} b`).instructions)
  })
})

describe('the part of YAML that heroku.yml is written in', () => {
  it('has maps, lists, quotes, blocks and comments', () => {
    const text = [
      'build: # how',
      '  docker:',
      '    web: Dockerfile',
      "    'worker': {}",
      'release:',
      '  command:',
      '  - ./one "a # b"',
      '  - ./two',
      'run:',
      '  web: [a, "b, c"]',
      '  worker:',
      '    command: |',
      '      x',
      '      y',
      'setup:',
      '  addons:',
      '    - plan: pg:mini',
      '      as: DB',
    ].join('\n')
    expect(readYaml(text)).toEqual({
      ok: true,
      value: {
        build: { docker: { web: 'Dockerfile', worker: '{}' } },
        release: { command: ['./one "a # b"', './two'] },
        run: { web: ['a', 'b, c'], worker: { command: 'x\ny' } },
        setup: { addons: [{ plan: 'pg:mini', as: 'DB' }] },
      },
    })
  })

  it.each([
    ['a: &x 1', 1],
    ['a: 1\n   b: 2', 2],
    ['a:\n  - b\n c', 3],
    ['a: [x', 1],
  ])('%j is refused by its line', (text, line) => {
    expect(readYaml(text)).toMatchObject({ ok: false, line })
  })

  it('of any bytes is read without an error', () => {
    const piece = fc.constantFrom(
      'a: ',
      '- ',
      '\n',
      '  ',
      '"',
      "'",
      '[',
      ']',
      '|',
      '#',
      ':',
      'b',
      '\t',
      '{}',
      '&',
      '---',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string()), { maxLength: 60 }), (parts) => {
        readYaml(parts.join(''))
      }),
      { numRuns: 400 },
    )
  })
})
