import { describe, expect, it } from 'vitest'
import { plan, planned } from '../../test/support/planning.ts'

const crate = (name: string, more = '') =>
  `[package]\nname = "${name}"\nversion = "1.0.0"\nedition = "2021"\n${more}`
const tool = (files: Record<string, string>, config = {}) => {
  const [rust] = plan({ 'Cargo.toml': crate('a'), 'src/main.rs': '', ...files }, config).tools
  return [rust?.want, rust?.from, rust?.layer?.packages[0]]
}

describe('the Rust compiler', () => {
  it("is Debian's, unless the app pins another or needs a newer one", () => {
    expect(tool({})).toEqual(['*', 'default', 'rustc'])
    expect(tool({ 'rust-toolchain.toml': '[toolchain]\nchannel = "stable"\n' })).toEqual([
      'stable',
      'rust-toolchain.toml',
      'rustc',
    ])
    expect(tool({ 'rust-toolchain': '1.88.0\n' })).toEqual(['1.88.0', 'rust-toolchain', 'rustup'])
    expect(tool({ 'Cargo.toml': crate('a', 'rust-version = "1.70"\n') })).toEqual(['*', 'default', 'rustc'])
    expect(tool({ 'Cargo.toml': crate('a', 'rust-version = "1.999"\n') })).toEqual([
      '1.999',
      'Cargo.toml#rust-version',
      'rustup',
    ])
    expect(tool({ 'rust-toolchain': '1.88.0\n' }, { SKYPANEL_RUST_VERSION: 'nightly-2026-01-01' })[2]).toBe(
      'rustup',
    )
    expect(
      planned({ 'Cargo.toml': crate('a'), 'src/main.rs': '', 'rust-toolchain': '; reboot' }),
    ).toMatchObject({ ok: false })
  })
})

describe('the programs of a Rust app', () => {
  const processes = (files: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(plan(files).release.processes).map(([type, { command }]) => [type, command]),
    )

  it('are its binaries; the one of the package answers requests', () => {
    expect(processes({ 'Cargo.toml': crate('shop'), 'src/main.rs': '', 'src/bin/send_mail.rs': '' })).toEqual(
      {
        web: 'bin/shop',
        'send-mail': 'bin/send_mail',
      },
    )
    const chosen = crate('shop', 'default-run = "front"\n[[bin]]\nname = "front"\npath = "front.rs"\n')
    expect(processes({ 'Cargo.toml': chosen, 'src/main.rs': '' })['web']).toBe('bin/front')
  })

  it('of a workspace are those of its default members', () => {
    const files = {
      'Cargo.toml': '[workspace]\nmembers = ["crates/*"]\ndefault-members = ["crates/api"]\n',
      'crates/api/Cargo.toml': crate('api'),
      'crates/api/src/main.rs': '',
      'crates/tool/Cargo.toml': crate('tool'),
      'crates/tool/src/main.rs': '',
    }
    expect(processes(files)).toEqual({ web: 'bin/api' })
    expect(plan(files).steps[0]?.inputs.files).toContain('crates/tool/Cargo.toml')
    expect(planned({ 'Cargo.toml': crate('lib'), 'src/lib.rs': '' })).toMatchObject({ ok: false })
  })
})
