import type { Registries } from '../registries.ts'

/** Where the box shows the machine's CA bundle. */
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt'

/** What tools in a stage with network read to find the machine's registries and to trust its certificates. */
export function networkEnvironment(registries: Registries): Record<string, string> {
  const { npm, pip, go } = registries
  return {
    NPM_CONFIG_REGISTRY: npm.registry,
    ...(pip.indexUrl === null ? {} : { PIP_INDEX_URL: pip.indexUrl, UV_DEFAULT_INDEX: pip.indexUrl }),
    ...(pip.extraIndexUrls.length === 0
      ? {}
      : { PIP_EXTRA_INDEX_URL: pip.extraIndexUrls.join(' '), UV_INDEX: pip.extraIndexUrls.join(' ') }),
    ...(go.proxy === null ? {} : { GOPROXY: go.proxy }),
    ...(go.sumdb === null ? {} : { GOSUMDB: go.sumdb }),
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
    SKYPANEL_APT_ARCHIVE: registries.apt.archive,
    SKYPANEL_APT_SECURITY: registries.apt.security ?? '',
    NODE_EXTRA_CA_CERTS: BUNDLE,
    NPM_CONFIG_CAFILE: BUNDLE,
    SSL_CERT_FILE: BUNDLE,
    PIP_CERT: BUNDLE,
    REQUESTS_CA_BUNDLE: BUNDLE,
    CURL_CA_BUNDLE: BUNDLE,
    GIT_SSL_CAINFO: BUNDLE,
    CARGO_HTTP_CAINFO: BUNDLE,
  }
}

/** As cell.sh and the box read it. */
export function nulSeparated(env: Readonly<Record<string, string>>): string {
  return Object.entries(env)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('')
}
