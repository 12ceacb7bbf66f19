import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../../test/support/folder.ts'
import { planFolder } from '../plan-folder.ts'

const app = () =>
  sourceFolder({
    'X.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>',
    'global.json': '{"sdk":{"version":"9.0.100"}}',
  })
const options = { builder: 'test', inventories: new Map(), now: 0 }

describe('an app whose toolchain nobody here has', () => {
  it('is still planned, with a warning of what a build will miss', async () => {
    const result = await planFolder(app(), { ...options, versions: 'open' })
    expect(result).toMatchObject({
      ok: true,
      plan: {
        release: { processes: { web: { command: 'ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet out/X.dll' } } },
        notes: [{ level: 'warn', code: 'tool.missing' }],
      },
    })
  })

  it('is not built, and told which version of what is missing, who asked for it, and what to do', async () => {
    expect(await planFolder(app(), { ...options, versions: 'exact' })).toMatchObject({
      ok: false,
      message:
        'This app needs dotnet-sdk 9.0.100 (asked for by global.json), which neither Debian nor the package registries of this platform have',
      hint: expect.stringContaining('with a Procfile') as string,
    })
  })
})
