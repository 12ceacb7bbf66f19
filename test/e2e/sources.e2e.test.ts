import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { TestPlatform } from '../support/platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await TestPlatform.load()
})
afterAll(() => platform[Symbol.asyncDispose]())

const Document = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(z.object({ 'bom-ref': z.string(), purl: z.string().optional() })),
})

describe('an app that nobody pushes', () => {
  it('is deployed from its folder, says what it holds, and is built again without its folder', async () => {
    const app = await platform.app('express')
    await app.write('version.txt', 'from a folder\n')
    const deployed = await app.run(['deploy'])
    expect(deployed.stdout + deployed.stderr).toMatch(/Released v1/)
    expect(deployed.code).toBe(0)
    expect(await app.text('/version')).toBe('from a folder')

    const bom = Document.parse(JSON.parse((await app.run(['releases:sbom'])).stdout))
    const purls = bom.components.flatMap(({ purl }) => purl ?? [])
    expect(purls).toContainEqual(expect.stringMatching(/^pkg:npm\/express@\d/))
    expect(purls).toContainEqual(expect.stringMatching(/^pkg:generic\/node@22\./))
    expect(purls.length).toBeGreaterThan(20)
    expect(new Set(bom.components.map((one) => one['bom-ref'])).size).toBe(bom.components.length)

    const rebuilt = await app.run(['builds:rebuild'])
    expect(rebuilt.stdout).toMatch(/Building [0-9a-f]{8} again/)
    expect(rebuilt.stdout).toMatch(/node 22\.\d+\.\d+ \(.*, locked\)/)
    expect(rebuilt.code).toBe(0)
    expect(await app.text('/version')).toBe('from a folder')
    expect((await app.run(['releases'])).stdout).toMatch(/v2 .*Rebuild [0-9a-f]{8}/)

    // The branch is as it was: the first push begins it.
    expect((await app.git('ls-remote', 'skypanel')).stdout).toBe('')
    await app.write('version.txt', 'pushed\n')
    await app.deploy()
    expect(await app.text('/version')).toBe('pushed')
    await app.forget()
  })
})
