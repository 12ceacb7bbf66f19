import { describe, expect, it } from 'vitest'
import { plan, planned, web } from '../../test/support/planning.ts'

describe('a .NET app', () => {
  const web_ = (target: string) =>
    `<Project Sdk="Microsoft.NET.Sdk.Web"><PropertyGroup><TargetFramework>${target}</TargetFramework></PropertyGroup></Project>`
  const solution = {
    'Shop.sln': '',
    'src/Jobs/Jobs.csproj': '<Project Sdk="Microsoft.NET.Sdk.Worker"></Project>',
    'src/Shop/Shop.csproj': web_('net9.0'),
    'tests/Shop.Tests/Shop.Tests.csproj': web_('net9.0'),
  }

  it('starts its web project, not its tests or workers', () => {
    expect(web(solution)).toBe('ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet out/Shop.dll')
  })

  it('is built with the SDK that global.json names, else the one of its target', () => {
    expect(plan(solution).tools[0]).toMatchObject({
      name: 'dotnet-sdk',
      want: '9.0',
      from: 'src/Shop/Shop.csproj',
    })
    expect(plan({ ...solution, 'global.json': '{"sdk":{"version":"8.0.300"}}' }).tools[0]).toMatchObject({
      want: '8.0.300',
      from: 'global.json',
    })
  })

  it('with only libraries is refused', () => {
    expect(planned({ 'X.csproj': '<Project Sdk="Microsoft.NET.Sdk"></Project>' })).toMatchObject({
      ok: false,
    })
  })
})
