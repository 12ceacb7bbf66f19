import { expect, test } from 'vitest'
import { HOSTILE, launcher, type Stage } from './conformance.ts'
import type { Execution } from './driver.ts'

/** What a command inside of an instance says, and how it ends. */
async function said(line: Execution): Promise<{ heard: string; end: Awaited<Execution['ended']> }> {
  let heard = ''
  line.onOutput((stream, data) => (heard += stream === 'stdout' ? data.toString() : ''))
  return { end: await line.ended, heard }
}

const pipes = { env: {}, pty: null }

/** Every driver has to tell these stories of commands inside of an instance the same way. */
export function execConformance(stage: () => Stage): void {
  const { launch, running } = launcher(stage)

  test('a command inside of a running instance tells its status, and the instance goes on', async () => {
    const driver = stage().driver()
    const { handle, folder, spec } = await launch(driver, stage().words.runsForever)
    await running(folder)
    const failed = await said(
      await driver.exec(handle, spec, { ...pipes, command: stage().words.exits(9, 20) }),
    )
    expect(failed.end).toEqual({ code: 9, signal: null })
    const aborted = await said(
      await driver.exec(handle, spec, { ...pipes, command: stage().words.abortsItself }),
    )
    expect(aborted.end).toEqual({ code: null, signal: 'SIGABRT' })
    expect(await driver.stats(handle)).not.toBeNull()
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
    expect(stage().traces()).toEqual([])
  })

  test('a command inside sees the variables of the instance, and its own before them', async () => {
    const driver = stage().driver()
    const env = { ...HOSTILE, MINE: 'the instance' }
    const { handle, folder, spec } = await launch(driver, stage().words.runsForever, { env })
    await running(folder)
    const command = stage().words.printsVariables([...Object.keys(HOSTILE), 'MINE'])
    const { heard } = await said(
      await driver.exec(handle, spec, { command, env: { MINE: 'the command' }, pty: null }),
    )
    expect(
      heard
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([...Object.values(HOSTILE), 'the command'])
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
  })

  test('a command inside has a terminal of the size that is asked for, or none', async () => {
    const driver = stage().driver()
    const { handle, folder, spec } = await launch(driver, stage().words.runsForever)
    await running(folder)
    const command = stage().words.printsWindow
    const pty = { rows: 33, columns: 77 }
    expect((await said(await driver.exec(handle, spec, { command, env: {}, pty }))).heard).toContain('33 77')
    expect((await said(await driver.exec(handle, spec, { ...pipes, command }))).heard).toContain('none')
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
  })

  test('what is typed into a command inside reaches it, and the end of the input ends it', async () => {
    const driver = stage().driver()
    const { handle, folder, spec } = await launch(driver, stage().words.runsForever)
    await running(folder)
    const line = await driver.exec(handle, spec, { ...pipes, command: stage().words.echoes })
    const answer = said(line)
    line.write(Buffer.from('hello\n'))
    line.end()
    expect(await answer).toEqual({ heard: 'hello\n', end: { code: 0, signal: null } })
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
  })

  test('a command inside is found by a new agent, and ends when the instance ends', async () => {
    const { handle, folder, spec } = await launch(stage().driver(), stage().words.runsForever)
    await running(folder)
    const successor = stage().driver()
    expect(await successor.adopt(handle)).not.toBeNull()
    const line = await successor.exec(handle, spec, { ...pipes, command: stage().words.echoes })
    const answer = said(line)
    await successor.kill(handle)
    expect((await answer).end).toBeNull()
    await successor.wait(handle)
    const late = successor.exec(handle, spec, { ...pipes, command: stage().words.echoes })
    await expect(late).rejects.toThrow('has ended')
    await successor.destroy(handle)
    expect(stage().traces()).toEqual([])
  })
}
