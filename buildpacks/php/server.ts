import type { FileView } from '../file-view.ts'
import type { Step } from '../plan.ts'
import { step } from '../provider.ts'

export const SERVER_STEP = 'php-server'
const FOLDER = '.skypanel'

/** Where the pages lie that everybody may ask for. */
export function documentRoot(view: FileView): string {
  for (const folder of ['public', 'web', 'webroot', 'www', 'htdocs'])
    if (view.exists(`${folder}/index.php`)) return folder
  return '.'
}

/** PHP's process manager behind Caddy, on one socket that nobody else reaches; when either ends, so does the instance. */
export function serverStep(root: string, version: string): Step {
  const pages = root === '.' ? '/app' : `/app/${root}`
  return step({
    name: SERVER_STEP,
    commands: [
      `mkdir -p ${FOLDER}`,
      `cat > ${FOLDER}/php-fpm.conf <<'CONF'
[global]
error_log = /proc/self/fd/2
log_limit = 8192
daemonize = no

[www]
listen = /tmp/php-fpm.sock
listen.mode = 0600
pm = dynamic
pm.max_children = \${WEB_CONCURRENCY}
pm.start_servers = 1
pm.min_spare_servers = 1
pm.max_spare_servers = \${WEB_CONCURRENCY}
pm.max_requests = 1000
clear_env = no
catch_workers_output = yes
decorate_workers_output = no
php_admin_flag[log_errors] = on
php_value[upload_max_filesize] = 32M
php_value[post_max_size] = 32M
CONF`,
      // All files of a release have the same time and never change: PHP need not look.
      `cat > ${FOLDER}/php.ini <<'INI'
opcache.enable=1
opcache.validate_timestamps=0
expose_php=0
display_errors=0
session.save_path=/tmp
INI`,
      `cat > ${FOLDER}/Caddyfile <<'CADDY'
{
	admin off
	auto_https off
	log default {
		level WARN
	}
}

http://:{$PORT} {
	root * ${pages}
	encode gzip
	@hidden {
		path */.* /composer.json /composer.lock /vendor/* /storage/* /Procfile /app.json /artisan
		not path /.well-known/*
	}
	error @hidden 404
	php_fastcgi unix//tmp/php-fpm.sock {
		trusted_proxies private_ranges
	}
	file_server {
		hide .* *.sql
	}
}
CADDY`,
      `cat > ${FOLDER}/web <<'WEB'
#!/bin/bash
export WEB_CONCURRENCY=\${WEB_CONCURRENCY:-5}
# PHP opens its log anew, which only the owner of a pipe may: the instance's own log is somebody else's.
php-fpm${version} --fpm-config /app/${FOLDER}/php-fpm.conf 2> >(exec cat >&2) &
# The port opens last: whoever finds it open gets answers.
until [ -S /tmp/php-fpm.sock ]; do
  kill -0 $! 2>/dev/null || exit 1
  sleep 0.02
done
caddy run --config /app/${FOLDER}/Caddyfile --adapter caddyfile &
trap 'kill -TERM $(jobs -p) 2>/dev/null' TERM INT
wait -n
status=$?
kill -TERM $(jobs -p) 2>/dev/null
wait
exit $status
WEB
chmod +x ${FOLDER}/web`,
    ],
    outputs: [FOLDER],
  })
}

export const SERVER_ENV = {
  PHP_INI_SCAN_DIR: `:/app/${FOLDER}`,
  XDG_CONFIG_HOME: '/tmp/caddy',
  XDG_DATA_HOME: '/tmp/caddy',
} as const

export const SERVER_COMMAND = `${FOLDER}/web`
export const SERVER_FOLDER = FOLDER
