import { languagePlan, namesWeb } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { shellWord } from '../shell-word.ts'
import { type Declared, fromToolFiles } from '../tool-files.ts'
import { readProjects } from './projects.ts'

const OUT = 'out'
const ENV = {
  DOTNET_CLI_TELEMETRY_OPTOUT: '1',
  DOTNET_NOLOGO: '1',
  DOTNET_CLI_HOME: '/tmp/dotnet',
  NUGET_PACKAGES: '/app/.sky/nuget',
}

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings } = context
  const [project] = readProjects(view)
  if (project === undefined) {
    return refuse(
      'None of the projects of this .NET app can be started',
      'One has to use Microsoft.NET.Sdk.Web, or say <OutputType>Exe</OutputType>.',
    )
  }
  const set = override(settings, 'SKYPANEL_DOTNET_VERSION', 'DOTNET_VERSION')
  const declared: Declared = (set === null ? null : { text: set.value, from: set.name }) ??
    fromGlobalJson(context) ??
    fromToolFiles(view, 'dotnet-core', 'dotnet') ??
    (project.version === null ? null : { text: project.version, from: project.path }) ?? {
      text: '*',
      from: 'default',
    }
  const path = shellWord(project.path)
  const install = step({
    name: 'install',
    files: [
      '**/*.{csproj,fsproj,vbproj,sln,slnx,props,targets}',
      'global.json',
      'NuGet.config',
      'nuget.config',
      '**/packages.lock.json',
      '.config/dotnet-tools.json',
    ],
    commands: [`dotnet restore ${path}${view.exists('**/packages.lock.json') ? ' --locked-mode' : ''}`],
    env: ENV,
    network: true,
    secrets: ['NUGET_TOKEN'],
    // Each project keeps what was found for it beside itself.
    outputs: ['.'],
  })
  const build = step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: [`dotnet publish ${path} --configuration Release --no-restore --output ${OUT}`],
    env: ENV,
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: [OUT],
  })
  const listen = project.kind === 'web' ? 'ASPNETCORE_URLS=http://0.0.0.0:$PORT ' : ''
  return languagePlan({
    tools: [
      request({
        name: 'dotnet-sdk',
        want: declared.text,
        from: declared.from,
        source: 'nix',
        phase: ['build', 'run'],
      }),
    ],
    steps: [install, build],
    include: [{ step: 'build', paths: [OUT] }],
    env: { DOTNET_NOLOGO: '1', DOTNET_ENVIRONMENT: 'Production', ASPNETCORE_ENVIRONMENT: 'Production' },
    processes: namesWeb(context)
      ? {}
      : {
          web: {
            command: `${listen}dotnet ${shellWord(`${OUT}/${project.assembly}.dll`)}`,
            from: project.path,
          },
        },
  })
}

function fromGlobalJson({ view }: PlanContext): Declared | null {
  const file = view.read('global.json')
  const version = file.ok ? /"version"\s*:\s*"(\d+\.\d+\.[\w.-]+)"/.exec(file.text)?.[1] : undefined
  return version === undefined ? null : { text: version, from: 'global.json' }
}
