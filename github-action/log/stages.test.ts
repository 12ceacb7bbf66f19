import { describe, expect, it } from 'vitest'
import { commandsOf } from '../../test/support/action-runner.ts'
import { RemoteLines } from './remote-lines.ts'
import { StageLog } from './stages.ts'

function shown(lines: readonly string[]) {
  const log = new StageLog('token')
  const printed = [...lines.flatMap((line) => log.push(line)), ...log.end()]
  return { log, printed, commands: commandsOf(printed.join('\n')) }
}

describe('the log of a build', () => {
  it('is a group for each stage, its lines out of reach of commands', () => {
    const { printed } = shown([
      '',
      '-----> Node.js app detected',
      '       node 22',
      '-----> Launching...',
      '',
    ])
    expect(printed).toEqual([
      '::group::Node.js app detected',
      '::stop-commands::token',
      '       node 22',
      '::token::',
      '::endgroup::',
      '::group::Launching...',
      '::stop-commands::token',
      '',
      '::token::',
      '::endgroup::',
    ])
  })

  it('obeys nothing that a build prints, not in the name of a stage either', () => {
    const { commands } = shown([
      '::error::before the first stage',
      '-----> A stage%0A::error::x',
      '::set-output name=release::666',
      '::token2::',
      '##[error]old form',
      ' !     Push rejected: ::error::x',
    ])
    expect(commands).toEqual(['::group::A stage%250A::error::x', '::endgroup::'])
  })

  it('shows a rejection outside of any group, and keeps what it says', () => {
    const { log, printed } = shown([
      '-----> Building',
      ' !     a warning that is no rejection',
      '',
      ' !     Push rejected: the build failed.',
      ' !     It says more.',
      ' !     Its last lines:',
      '       npm error code 1',
      ' !     Run npm install.',
      '',
    ])
    expect(printed.indexOf('::endgroup::')).toBeLessThan(
      printed.indexOf(' !     Push rejected: the build failed.'),
    )
    expect(log.rejection).toEqual(['Push rejected: the build failed.', 'It says more.', 'Run npm install.'])
  })

  it('is shown in its colours and read without them', () => {
    const red = `${String.fromCharCode(27)}[31mred${String.fromCharCode(27)}[0m`
    const { log, printed } = shown(['-----> Building', red])
    expect(printed).toContain(red)
    expect(log.printed).toEqual(['-----> Building', 'red'])
  })
})

describe("git's stderr", () => {
  it('is told apart into what the platform says and what git says, however it is cut', () => {
    const text = [
      'To http://localhost/git/a.git',
      'remote: -----> Building        ',
      `remote:        line${String.fromCharCode(27)}[K`,
      'remote: ',
      'remote: 10%\rremote: 100%        ',
      'error: failed to push some refs',
      'remote: the end',
    ].join('\n')
    for (const size of [1, 2, 7, text.length]) {
      const lines = new RemoteLines()
      const said: string[] = []
      for (let at = 0; at < text.length; at += size) said.push(...lines.push(text.slice(at, at + size)))
      said.push(...lines.end())
      expect(said).toEqual(['-----> Building', '       line', '', '10%', '100%', 'the end'])
      expect(lines.own).toEqual(['To http://localhost/git/a.git', 'error: failed to push some refs'])
    }
  })
})
