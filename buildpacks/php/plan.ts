import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type Composer, readComposer } from './composer.ts'
import { documentRoot, SERVER_COMMAND, SERVER_ENV, SERVER_FOLDER, SERVER_STEP, serverStep } from './server.ts'
import { versions } from './versions.ts'

const ENV = {
  COMPOSER_HOME: '/tmp/composer',
  COMPOSER_CACHE_DIR: '/cache/composer',
  COMPOSER_NO_INTERACTION: '1',
  COMPOSER_ALLOW_SUPERUSER: '1',
}
const QUIET = '--no-interaction --no-progress --no-ansi'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest, procfile } = context
  const composer = readComposer(view)
  if (!composer.ok) return refuse(composer.message, 'Correct it: `composer validate` tells where.')
  const asked = versions(context, composer)
  if (!asked.ok) return asked
  const root = documentRoot(view)
  const served = procfile['web'] === undefined && override(settings, 'SKYPANEL_START_CMD') === null
  if (served && !view.exists(root === '.' ? 'index.php' : `${root}/index.php`)) {
    return refuse(
      'There is no index.php to serve',
      'Put it at the root or into public/, or add a Procfile that says what serves the app.',
    )
  }
  const laravel = view.exists('artisan') && composer.packages.has('laravel/framework')
  const install = composer.used ? installStep(composer) : null
  const build = composer.used ? buildStep(context, composer, laravel) : null
  const from = root === '.' ? 'index.php' : `${root}/index.php`
  return {
    ok: true,
    tools: [
      ...asked.tools,
      ...(served
        ? [request({ name: 'caddy', want: '*', from: 'default', source: 'debian', phase: ['run'] })]
        : []),
    ],
    steps: [
      ...(install === null ? [] : [install]),
      ...(build === null ? [] : [build]),
      ...(served ? [serverStep(root, manifest.defaults['debian'] ?? '')] : []),
    ],
    caches: { composer: { dir: '/cache/composer', scope: 'app' } },
    include: [
      ...(served ? [{ step: SERVER_STEP, paths: [SERVER_FOLDER] }] : []),
      { step: build === null ? 'source' : 'build', paths: ['.'] },
      ...(install === null ? [] : [{ step: 'install', paths: ['.'] }]),
    ],
    env: {
      LANG: 'C.UTF-8',
      ...(served ? SERVER_ENV : {}),
      ...(laravel ? { APP_ENV: 'production', APP_DEBUG: 'false', LOG_CHANNEL: 'stderr' } : {}),
    },
    static: null,
    processes: served ? { web: { command: SERVER_COMMAND, from } } : {},
    notes: notesOf(context, composer, laravel),
  }
}

/** Packages alone; what maps class names to files wants to see the app, and is made in the build. */
function installStep(composer: Composer): Step {
  return step({
    name: 'install',
    files: ['composer.json', 'composer.lock', 'auth.json', ...composer.local.map((path) => `${path}/**`)],
    commands: [
      `composer install --no-dev --prefer-dist --no-scripts --no-autoloader ${QUIET}`,
      'mkdir -p vendor',
    ],
    env: ENV,
    network: true,
    secrets: ['COMPOSER_AUTH'],
    caches: ['composer'],
    outputs: ['vendor'],
  })
}

function buildStep({ settings }: PlanContext, composer: Composer, laravel: boolean): Step {
  return step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: [
      ...(laravel
        ? ['mkdir -p bootstrap/cache storage/framework/{cache/data,sessions,views} storage/logs']
        : []),
      // Without a lock, whose hash it takes, Composer would name its loader at random.
      ...(composer.locked
        ? []
        : ['composer config --global autoloader-suffix "$(sha256sum composer.json | cut -c1-32)"']),
      `composer dump-autoload --no-dev --optimize --no-interaction --no-ansi`,
      ...(laravel ? ['php artisan view:cache || true'] : []),
    ],
    env: {
      ...ENV,
      COMPOSER_DISABLE_NETWORK: '1',
      COMPOSER_CACHE_DIR: '/tmp/composer-cache',
      APP_ENV: 'production',
    },
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['.'],
  })
}

function notesOf({ settings, procfile }: PlanContext, composer: Composer, laravel: boolean): Note[] {
  const notes: Note[] = []
  const note = (level: Note['level'], code: string, message: string) => notes.push({ level, code, message })
  if (composer.used && !composer.locked && composer.packages.size > 0)
    note(
      'warn',
      'php.lock.missing',
      'There is no composer.lock, so each build may bring other versions: run `composer update`, and commit it.',
    )
  if (laravel && !settings.names.includes('APP_KEY'))
    note(
      'warn',
      'php.laravel.key',
      'Laravel needs APP_KEY when it starts: set it as a config var (`php artisan key:generate --show`).',
    )
  if (laravel && procfile['release'] === undefined)
    note(
      'info',
      'php.laravel.migrate',
      'Migrations are not run by themselves. To run them before each release goes live, add to the Procfile: release: php artisan migrate --force',
    )
  return notes
}
