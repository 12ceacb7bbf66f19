import { type Explanation, explainBy, type KnownErrors } from './explain.ts'

/** What the last words of an app that did not come up give away, whatever its language; the most telling first. */
const KNOWN: KnownErrors = [
  {
    match: 'EADDRINUSE|[Aa]ddress already in use|port (?:\\d+ )?is already (?:in use|allocated)',
    cause: 'The app wanted a port that is taken.',
    advice: 'Start one server only, and listen on the port in $PORT instead of a number of your own.',
  },
  {
    match:
      '(?:listen|bind)[^\\n]*(?:EACCES|[Pp]ermission denied)|(?:EACCES|[Pp]ermission denied)[^\\n]*(?:listen|bind|:80\\b)',
    cause: 'The app wanted a port below 1024, which it may not have.',
    advice: 'Listen on the port in $PORT.',
  },
  {
    match: "(?:Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND[^\\n]*) '([^'\\n]+)'",
    cause: 'The module $1 is not in the release.',
    advice:
      'If it is a package, it has to stand in dependencies: development dependencies are left out. If it is a file that a build makes, check the build script and .slugignore.',
  },
  {
    match: "ModuleNotFoundError: No module named '([^'\\n]+)'",
    cause: 'The Python module $1 is not in the release.',
    advice:
      'Add the package that carries it to the requirements, or correct the module in the start command.',
  },
  {
    match: 'Failed to find attribute \'([^\']+)\' in|Attribute "([^"]+)" not found in module',
    cause: 'The start command names the object $1$2, which its module does not have.',
    advice: 'Name the one that holds the app, as in `gunicorn package.module:app`.',
  },
  {
    match: 'cannot load such file -- (\\S+)',
    cause: 'Ruby did not find $1.',
    advice: 'Add the gem to the Gemfile outside of the groups development and test, and commit Gemfile.lock.',
  },
  {
    match: 'error while loading shared libraries: (\\S+):',
    cause: 'The library $1 is not there.',
    advice: 'Name the Debian package that has it in an Aptfile.',
  },
  {
    match: "version [`'](GLIBC_[\\d.]+)' not found",
    cause: 'A program of the release was built for another system: it wants $1.',
    advice: 'Do not commit built programs or node_modules; let the build make them here.',
  },
  {
    match:
      '(?:exec: |bash: |sh: )(?:line )?[\\d: ]*"?([\\w./@-]+)"?: (?:command )?not found|exec: "([^"]+)": executable file not found',
    cause: 'The start command calls $1$2, which is not in the release.',
    advice:
      'Add the package that carries it to the dependencies (not to those for development), or correct the Procfile.',
  },
  {
    match: 'no main manifest attribute, in (\\S+)',
    cause: '$1 names no main class.',
    advice: 'Build a runnable jar, or say in a Procfile what to start.',
  },
  {
    match: 'UnsupportedClassVersionError',
    cause: 'The app was compiled for a newer Java than the one that it is started with.',
    advice: 'Write the version into system.properties: `java.runtime.version=21`.',
  },
  {
    match: 'Missing `secret_key_base`|`?secret_key_base`? (?:for|must)|Missing encryption key',
    cause: 'Rails has no key for its secrets.',
    advice: 'Set SECRET_KEY_BASE (or RAILS_MASTER_KEY) as a config var: `bin/rails secret` makes one.',
  },
  {
    match: 'No application encryption key has been specified',
    cause: 'Laravel has no APP_KEY.',
    advice: 'Set it as a config var; `php artisan key:generate --show` makes one.',
  },
  {
    match:
      "KeyError: '([A-Z][A-Z0-9_]{2,})'|(?:environment variable|env(?:ironment)? var) [\"'`]?([A-Z][A-Z0-9_]{2,})[\"'`]?|[\"'`]?([A-Z][A-Z0-9_]{2,})[\"'`]?(?: environment variable)? (?:is not set|is required|must be set|is missing|not found in env)|Missing (?:required )?(?:environment|env) variables?:? [\"'`]?([A-Z][A-Z0-9_]{2,})",
    cause: 'The app wants the config var $1$2$3$4.',
    advice: 'Set it with `skypanel config:set NAME=value`.',
  },
  {
    match:
      '(?:ECONNREFUSED|[Cc]onnection refused)[^\\n]*?(127\\.0\\.0\\.1|localhost|::1)[^\\n]*|(localhost|127\\.0\\.0\\.1)[^\\n]*[Cc]onnection refused',
    cause: 'The app looks for a database or another service on its own address, where nothing runs.',
    advice: 'Read the address from a config var, such as DATABASE_URL or REDIS_URL.',
  },
  {
    match:
      'JavaScript heap out of memory|java\\.lang\\.OutOfMemoryError|MemoryError|^Killed$|Cannot allocate memory',
    cause: 'The app ran out of memory.',
    advice: 'Give it more, or fewer workers (WEB_CONCURRENCY).',
  },
]

/** What tells of an app that runs, and is not to be found. */
const ELSEWHERE: KnownErrors = [
  {
    match:
      '(?:listening|running|started|serving|ready|available)[^\\n]*(?:127\\.0\\.0\\.1|localhost|\\[::1\\]):(\\d+)',
    cause: 'The app seems to listen on its own address only (port $1), where nobody else reaches it.',
    advice: 'Listen on 0.0.0.0 and on the port in $PORT.',
  },
  {
    match: '(?:listening|running|started|serving)[^\\n]*(?:port|:)\\s*(?!5000\\b)(\\d{4,5})\\b',
    cause: 'The app seems to listen on port $1.',
    advice: 'Listen on the port in $PORT, on all addresses (0.0.0.0).',
  },
]

/** Why an app did not come up, by the last lines of its log; null when they say nothing that is known. */
export function explainStart(
  lines: readonly string[],
  how: 'boot_crash' | 'boot_timeout',
): Explanation | null {
  const known = how === 'boot_timeout' ? [...KNOWN, ...ELSEWHERE] : KNOWN
  return explainBy(known, lines.join('\n'))
}
