import { posix } from 'node:path'
import type { BuildPlan, Step, Tool } from './plan.ts'
import { request, step } from './provider.ts'

export interface SiteOptions {
  /** Folder below the app, as `siteFolder` gives it. */
  readonly dir: string
  /** Answer unknown paths with /index.html, as single-page apps want it. */
  readonly indexFallback: boolean
  /** Paths whose names change with their content, as in `/assets/*`: browsers may keep them for good. */
  readonly immutable: readonly string[]
}

export interface StaticParts {
  readonly tool: Tool
  readonly step: Step
  readonly process: BuildPlan['release']['processes'][string]
  readonly env: Readonly<Record<string, string>>
}

export const STATIC_STEP = 'static-config'
export const STATIC_FOLDER = '.skypanel'
const CONFIG = `${STATIC_FOLDER}/Caddyfile`

/** A folder below the app, as `.` or `a/b`; null when the text leads elsewhere or would not survive a Caddyfile. */
export function siteFolder(text: string): string | null {
  const path = posix.normalize(text.trim().replace(/^\.?\/+/, '') || '.').replace(/\/+$/, '')
  return path !== '..' && !path.startsWith('../') && /^[\w.@+-]+(?:\/[\w.@+-]+)*$/.test(path) ? path : null
}

/** What serving a folder takes: Caddy, its configuration as a step of its own (the same for every push), a process. */
export function serveStatic(site: SiteOptions, from: string): StaticParts {
  return {
    tool: request({ name: 'caddy', want: '*', from: 'default', source: 'debian', phase: ['run'] }),
    step: step({
      name: STATIC_STEP,
      commands: [`mkdir -p ${STATIC_FOLDER}`, `cat > ${CONFIG} <<'CADDYFILE'\n${caddyfile(site)}CADDYFILE`],
      outputs: [STATIC_FOLDER],
    }),
    process: { command: `caddy run --config /app/${CONFIG} --adapter caddyfile`, from },
    // Caddy keeps its state out of what it serves.
    env: { XDG_CONFIG_HOME: '/tmp/caddy', XDG_DATA_HOME: '/tmp/caddy' },
  }
}

/** Files at the root of a repository that describe the app and are no part of the site. */
const DESCRIBING = [
  'Staticfile',
  'Procfile',
  'app.json',
  'heroku.yml',
  'skypanel.json',
  'package.json',
  'package-lock.json',
  'node_modules',
]

export function caddyfile(site: SiteOptions): string {
  const root = site.dir === '.' ? '/app' : `/app/${site.dir}`
  const hidden = DESCRIBING.flatMap((name) => [`/${name}`, `/${name}/*`])
  const immutable = immutableParts(site.immutable)
  const fallback = site.indexFallback ? ' /index.html' : ''
  return `{
	admin off
	auto_https off
	log default {
		level WARN
	}
}

http://:{$PORT} {
	root * ${root}
	encode gzip

	@hidden {
		path */.* ${site.dir === '.' ? hidden.join(' ') : ''}
		not path /.well-known/*
	}
	error @hidden 404

	# Every file of a release has the same time, so a validator made of time and size would take a new file for an old
	# one of the same length: none is given and none is honoured.
	request_header -If-None-Match
	request_header -If-Modified-Since
	header {
		-ETag
		-Last-Modified
		X-Content-Type-Options nosniff
		?Cache-Control no-cache
		defer
	}
${immutable.header}
	route {
		error @hidden 404${immutable.missing}
		try_files {path} {path}/ {path}.html${fallback}
		file_server
	}

	handle_errors {
		header {
			-ETag
			-Last-Modified
			Cache-Control no-cache
			defer
		}
		@page file /404.html
		handle @page {
			rewrite * /404.html
			file_server
		}
		respond "{err.status_code} {err.status_text}"
	}
}
`
}

/** A missing file among those that never change is an error, not the app's page: browsers would take it for a script. */
function immutableParts(paths: readonly string[]): { header: string; missing: string } {
  if (paths.length === 0) return { header: '', missing: '' }
  const header = `
	@immutable {
		path ${paths.join(' ')}
		file
	}
	header @immutable Cache-Control "public, max-age=31536000, immutable"
	@missing {
		path ${paths.join(' ')}
		not file
	}
`
  return { header, missing: '\n\t\terror @missing 404' }
}
