import { WHEEL_OF } from '../inventory/pypi.ts'
import type { Tool } from '../plan.ts'
import { type StageSpec, storeName } from './expression.ts'
import { BuildStopped } from './failure.ts'
import type { Stack } from './stack.ts'
import { toolStage } from './tool-stage.ts'

/** The program that starts a tool by its module, apart from whatever environment it is called in. */
const LAUNCHER = `#!/usr/bin/python3 -I
import os, runpy, sys
home = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
sys.path.insert(0, os.path.join(home, "lib"))
sys.argv[0] = os.path.realpath(__file__)
runpy.run_module("NAME", run_name="__main__", alter_sys=True)
`

/** Tools that come as one wheel with a program in it: program → where it lies below the wheel's folder. */
const WHEELS: Readonly<
  Record<string, { readonly wheel: string; readonly programs: Readonly<Record<string, string>> }>
> = {
  uv: { wheel: 'uv', programs: { uv: 'bin/uv', uvx: 'bin/uvx' } },
  zig: { wheel: WHEEL_OF.zig, programs: { zig: 'ziglang/zig' } },
}

/**
 * A tool of Python's package index in a folder of its own, put there by the stack's pip, which knows the machine's
 * index. A tool that is one wheel is checked by the hash in the plan; for others pip checks what the index says.
 */
export function pypiToolchain(tool: Tool, stack: Stack): StageSpec {
  // It stands in a command and in pip's own language.
  if (!/^[\d.<>=!~,* ]*$/.test(tool.want) || !/^[\d.]*$/.test(tool.version ?? '')) {
    throw new BuildStopped(
      'build_failed',
      `${tool.from} asks for ${tool.name} "${tool.want.slice(0, 40)}", which is not a version`,
      'Write it as in `1.8.3` or `>=1.8,<2`.',
    )
  }
  // PDM names by itself the versions of what it stands on that it was tried with; newer ones have broken it.
  const own = Object.hasOwn(WHEELS, tool.name) ? WHEELS[tool.name] : undefined
  const name = tool.name === 'pdm' ? 'pdm[locked]' : (own?.wheel ?? tool.name)
  const wanted =
    tool.version === null
      ? `${name}${tool.want === '*' ? '' : tool.want.replaceAll(' ', '')}`
      : `${name}==${tool.version}`
  const alone = own !== undefined && tool.hash?.startsWith('sha256-') === true
  const hash = alone
    ? ` --hash=sha256:${Buffer.from((tool.hash ?? '').slice(7), 'base64').toString('hex')}`
    : ''
  const flags = alone ? ' --require-hashes --no-deps' : ''
  const install = `/usr/bin/python3 -m pip install --no-compile --no-cache-dir --progress-bar off --target /app/lib${flags} -r /tmp/wanted`
  const write = (line: string) => `printf '%s\\n' '${line}' > /tmp/wanted`
  const range = tool.want === '*' ? '' : `,${tool.want.replaceAll(' ', '')}`
  // The newest release may ask for what its index does not have yet.
  const older =
    alone || tool.version === null || tool.want.startsWith('==')
      ? ''
      : ` || { echo "${tool.name} ${tool.version} cannot be had with all that it needs: an older one is taken"; ${write(`${name}<=${tool.version}${range}`)}; ${install}; }`
  const commands = [
    write(`${wanted}${hash}`),
    `${install}${older}`,
    'mkdir -p /app/bin',
    ...(own !== undefined
      ? Object.entries(own.programs).map(([program, path]) => `ln -s ../lib/${path} /app/bin/${program}`)
      : [
          `cat > /app/bin/${tool.name} <<'LAUNCHER'\n${LAUNCHER.replace('NAME', tool.name)}LAUNCHER`,
          `chmod 755 /app/bin/${tool.name}`,
          '/usr/bin/python3 -m compileall -qq --invalidation-mode unchecked-hash /app/lib || true',
        ]),
  ]
  return toolStage(storeName(tool.name, tool.version ?? 'newest'), stack, commands, {
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
  })
}
