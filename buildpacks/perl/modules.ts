import type { FileView } from '../file-view.ts'

export interface Modules {
  /** A cpanfile or its like says what is needed. */
  readonly declared: boolean
  readonly names: ReadonlySet<string>
  /** Of `requires 'perl', '5.36'`. */
  readonly perl: string | null
}

const FILES = ['cpanfile', 'Makefile.PL', 'Build.PL', 'dist.ini']

/** Modules that the app's own files name as needed. */
export function readModules(view: FileView): Modules {
  const names = new Set<string>()
  let perl: string | null = null
  let declared = false
  for (const path of FILES) {
    const file = view.read(path, 262_144)
    if (!file.ok) continue
    declared = true
    const text = file.text.replaceAll(/^[ \t]*#.*$/gm, '')
    perl ??=
      /\brequires\s*(?:\(\s*)?['"]?perl['"]?\s*(?:=>|,)\s*['"]?([v\d.<>=, ]{1,80})['"]?/.exec(text)?.[1] ??
      /\bMIN_PERL_VERSION\s*(?:=>|,)\s*['"]?(v?[\d.]+)/.exec(text)?.[1] ??
      null
    const named =
      path === 'cpanfile'
        ? text.matchAll(/\b(?:requires|recommends)\s*(?:\(\s*)?['"]([A-Z]\w*(?:::\w+)*)['"]/g)
        : path === 'dist.ini'
          ? text.matchAll(/^[ \t]*([A-Z]\w*(?:::\w+)*)\s*=\s*v?[\d.]+\s*$/gm)
          : text.matchAll(/['"]?\b([A-Z]\w*(?:::\w+)*)['"]?\s*=>\s*['"]?v?[\d.]+/g)
    for (const [, name = ''] of named)
      if (!/^[A-Z_]+$/.test(name) || DEBIAN[name] !== undefined) names.add(name)
  }
  return { declared, names, perl: perl === null ? null : perlVersion(perl.trim()) }
}

/** Perl's old way: 5.010001 is 5.10.1. */
export function perlVersion(text: string): string {
  return text.replaceAll(/\b5\.(\d{3})(\d{3})?\d*\b/g, (_, minor: string, patch = '0') =>
    Number(patch) === 0 ? `5.${Number(minor)}` : `5.${Number(minor)}.${Number(patch)}`,
  )
}

/** Modules that Debian has compiled, with its security fixes: cpanm then fetches the rest, and newer ones if asked. */
export const DEBIAN: Readonly<Record<string, string | undefined>> = {
  AnyEvent: 'libanyevent-perl',
  CGI: 'libcgi-pm-perl',
  'CGI::Fast': 'libcgi-fast-perl',
  'Capture::Tiny': 'libcapture-tiny-perl',
  'Catalyst::Runtime': 'libcatalyst-perl',
  'Cpanel::JSON::XS': 'libcpanel-json-xs-perl',
  'DBD::Pg': 'libdbd-pg-perl',
  'DBD::SQLite': 'libdbd-sqlite3-perl',
  'DBD::mysql': 'libdbd-mysql-perl',
  DBI: 'libdbi-perl',
  'DBIx::Class': 'libdbix-class-perl',
  Dancer: 'libdancer-perl',
  Dancer2: 'libdancer2-perl',
  DateTime: 'libdatetime-perl',
  EV: 'libev-perl',
  'File::Slurp': 'libfile-slurp-perl',
  'HTML::Parser': 'libhtml-parser-perl',
  'HTML::Template': 'libhtml-template-perl',
  'HTTP::Daemon': 'libhttp-daemon-perl',
  'HTTP::Message': 'libhttp-message-perl',
  'HTTP::Server::Simple': 'libhttp-server-simple-perl',
  'IO::Socket::SSL': 'libio-socket-ssl-perl',
  JSON: 'libjson-perl',
  'JSON::MaybeXS': 'libjson-maybexs-perl',
  'JSON::XS': 'libjson-xs-perl',
  LWP: 'libwww-perl',
  'LWP::Protocol::https': 'liblwp-protocol-https-perl',
  'LWP::UserAgent': 'libwww-perl',
  'List::MoreUtils': 'liblist-moreutils-perl',
  'Log::Any': 'liblog-any-perl',
  'Log::Log4perl': 'liblog-log4perl-perl',
  Minion: 'libminion-perl',
  'Mojo::Pg': 'libmojo-pg-perl',
  Mojolicious: 'libmojolicious-perl',
  'Mojolicious::Lite': 'libmojolicious-perl',
  Moo: 'libmoo-perl',
  Moose: 'libmoose-perl',
  'Net::SSLeay': 'libnet-ssleay-perl',
  'Path::Tiny': 'libpath-tiny-perl',
  Plack: 'libplack-perl',
  Redis: 'libredis-perl',
  Starman: 'starman',
  Template: 'libtemplate-perl',
  'Template::Toolkit': 'libtemplate-perl',
  'Text::CSV': 'libtext-csv-perl',
  'Text::CSV_XS': 'libtext-csv-xs-perl',
  'Text::Markdown': 'libtext-markdown-perl',
  'Text::Xslate': 'libtext-xslate-perl',
  'Try::Tiny': 'libtry-tiny-perl',
  Twiggy: 'twiggy',
  'Type::Tiny': 'libtype-tiny-perl',
  URI: 'liburi-perl',
  'XML::LibXML': 'libxml-libxml-perl',
  'XML::Simple': 'libxml-simple-perl',
  YAML: 'libyaml-perl',
  'YAML::XS': 'libyaml-libyaml-perl',
}
