import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type Gems, readGems } from './gems.ts'
import { isRails, rubyStart } from './start.ts'
import { versions } from './versions.ts'

const BUNDLE = 'vendor/bundle'
const ENV = {
  BUNDLE_PATH: `/app/${BUNDLE}`,
  BUNDLE_WITHOUT: 'development:test',
  BUNDLE_APP_CONFIG: '/app/.bundle',
  BUNDLE_SILENCE_ROOT_WARNING: '1',
}
/** Gems with C code, and what of the system they are compiled against and run with. */
const NATIVE: Readonly<Record<string, { build: string; run: string }>> = {
  mysql2: { build: 'libmariadb-dev', run: 'libmariadb3' },
  rmagick: { build: 'libmagickwand-dev', run: 'libmagickwand-7.q16-10' },
  'ruby-vips': { build: 'libvips-dev', run: 'libvips42t64' },
  charlock_holmes: { build: 'libicu-dev', run: 'libicu76' },
}

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, procfile } = context
  const gems = readGems(view)
  const asked = versions(context, gems)
  if (!asked.ok) return asked
  const named = procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null
  const start = named ? null : rubyStart(view, gems)
  if (start === null && !named && Object.keys(procfile).length === 0) {
    return refuse(
      'This Ruby app has nothing to start',
      'Add a Procfile, as in `web: bundle exec puma -b tcp://0.0.0.0:$PORT`, or a config.ru.',
    )
  }
  const rails = isRails(view, gems)
  const assets = rails && assetsOf(gems) && !view.exists('public/assets/manifest.json')
  const bundle = gems.used ? installStep(gems, asked.relax) : null
  const build = buildStep(context, assets, asked.relax, bundle !== null, gems.names.has('pg'))
  const native = [...gems.names].flatMap((name) => (Object.hasOwn(NATIVE, name) ? [NATIVE[name]] : []))
  return {
    ok: true,
    tools: asked.tools,
    systemPackages: {
      build: native.flatMap((one) => (one === undefined ? [] : [one.build])),
      run: native.flatMap((one) => (one === undefined ? [] : [one.run])),
    },
    steps: [...(bundle === null ? [] : [bundle]), ...(build === null ? [] : [build])],
    caches: { bundle: { dir: '/cache/bundle', scope: 'app' } },
    include: [
      { step: build === null ? 'source' : 'build', paths: ['.'] },
      ...(bundle === null ? [] : [{ step: 'install', paths: ['.'] }]),
    ],
    env: {
      ...(gems.used ? ENV : {}),
      ...(gems.used && gems.locked ? { BUNDLE_FROZEN: '1' } : {}),
      LANG: 'C.UTF-8',
      RACK_ENV: 'production',
      MALLOC_ARENA_MAX: '2',
      ...(rails
        ? { RAILS_ENV: 'production', RAILS_LOG_TO_STDOUT: 'enabled', RAILS_SERVE_STATIC_FILES: 'enabled' }
        : {}),
    },
    static: null,
    processes: start === null ? {} : { web: { command: start.command, from: start.from } },
    notes: [...asked.notes, ...notesOf(context, gems, rails)],
  }
}

/** A Gemfile that names an exact patch level makes Bundler refuse Debian's, which has the fixes since. */
const RELAX = `sed -i -E 's/^([[:space:]]*ruby)[[:space:](]+["'"'"']([0-9]+\\.[0-9]+)\\.[0-9]+[^"'"'"']*["'"'"'].*$/\\1 "~> \\2.0"/' Gemfile`

function installStep(gems: Gems, relax: boolean): Step {
  return step({
    name: 'install',
    files: [
      'Gemfile',
      'Gemfile.lock',
      '.bundle/config',
      'vendor/cache/**',
      '*.gemspec',
      ...gems.local.map((path) => `${path}/**`),
    ],
    commands: [
      ...(relax ? [RELAX] : []),
      'bundle install --jobs 4 --retry 3',
      // Archives and what compiling left are no part of an app.
      `rm -rf ${BUNDLE}/ruby/*/cache; find ${BUNDLE} -path '*/ext/*' -name '*.o' -delete 2>/dev/null || true`,
    ],
    env: { ...ENV, ...(gems.locked ? { BUNDLE_FROZEN: '1' } : {}), BUNDLE_USER_CACHE: '/cache/bundle' },
    network: true,
    // Bundler reads the passwords of private sources from variables of these names.
    secrets: ['BUNDLE_GITHUB__COM', 'BUNDLE_RUBYGEMS__PKG__GITHUB__COM', 'BUNDLE_GEMS__CONTRIBSYS__COM'],
    caches: ['bundle'],
    outputs: [BUNDLE, '.bundle'],
  })
}

const assetsOf = (gems: Gems) =>
  ['sprockets-rails', 'sprockets', 'propshaft', 'vite_rails', 'shakapacker', 'webpacker'].some((name) =>
    gems.names.has(name),
  )

function buildStep(
  { settings }: PlanContext,
  assets: boolean,
  relax: boolean,
  needs: boolean,
  postgres: boolean,
): Step | null {
  const commands = [
    ...(relax ? [RELAX] : []),
    // Compiling assets boots the app, which wants a key; this one never leaves the build.
    ...(assets
      ? [
          'SECRET_KEY_BASE="${SECRET_KEY_BASE:-$(printf %064d 0)}" SECRET_KEY_BASE_DUMMY=1 ' +
            (postgres ? 'DATABASE_URL="${DATABASE_URL:-postgresql://nobody@127.0.0.1/none}" ' : '') +
            'bundle exec rake assets:precompile',
        ]
      : []),
  ]
  if (commands.length === 0) return null
  return step({
    name: 'build',
    needs: needs ? ['install'] : [],
    files: ['.'],
    commands,
    env: { ...ENV, RAILS_ENV: 'production', RACK_ENV: 'production', NODE_ENV: 'production' },
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['.'],
  })
}

function notesOf({ settings, procfile }: PlanContext, gems: Gems, rails: boolean): Note[] {
  const notes: Note[] = []
  const note = (level: Note['level'], code: string, message: string) => notes.push({ level, code, message })
  if (gems.used && !gems.locked)
    note(
      'warn',
      'ruby.lock.missing',
      'There is no Gemfile.lock, so each build may bring other versions: run `bundle lock`, and commit it.',
    )
  if (rails && !settings.names.includes('SECRET_KEY_BASE') && !settings.names.includes('RAILS_MASTER_KEY'))
    note(
      'warn',
      'ruby.rails.key',
      'Rails needs SECRET_KEY_BASE (or RAILS_MASTER_KEY) when it starts: set one of them as a config var.',
    )
  if (rails && procfile['release'] === undefined)
    note(
      'info',
      'ruby.rails.migrate',
      'Migrations are not run by themselves. To run them before each release goes live, add to the Procfile: release: bundle exec rails db:migrate',
    )
  return notes
}
