import { own } from '../own.ts'

/** Libraries of OCaml that Debian has, in its spelling (`lib…-ocaml-dev`). */
const PACKAGED =
  '0install-solver afl-persistent agrep alcotest alsa angstrom ansi-terminal ao asn1-combinators ' +
  'astring atd atdgen augeas backoff base base64 batteries ben benchmark bigarray-compat bigstringaf ' +
  'bin-prot biniou bisect-ppx bitstring bjack bos bz2 ca-certs cairo cairo2 calendar caml2html ' +
  'camlimages camljava camlp-streams camlp4 camlpdf camltemplate camomile cf charinfo-width cinaps ' +
  'cmdliner cohttp-lwt-jsoo cohttp-lwt cohttp-lwt-unix cohttp compiler-libs conduit-lwt conduit ' +
  'config-file containers-data containers coq-core coq-serapi cothreads cpu creal crowbar crunch cry ' +
  'cryptgps cryptokit csexp cstruct csv ctypes cudf curl curses dbus decimal digestif ' +
  'domain-local-await domain-name dose3 dscheck dssi dtools dune duppy duration easy-format eliom ' +
  'elpi eqaf expat expect extlib extunix faad facile ffmpeg fieldslib fileutils findlib flac fmt ' +
  'fpath frei0r gavl gd gen getopt gettext gmap gmp gnuplot graphics gstreamer guestfs hex hivex ' +
  'hmap inifiles inotify integers ipaddr iter jane-street-headers js-of js-of-ocaml-ocamlbuild jsonm ' +
  'jst-config kdf lablgl lablgtk3 lablgtksourceview3 lablgtkspell3 labltk ladspa lambda-term lastfm ' +
  'ldap ledit lem linenoise linksem llvm-17 llvm-18 llvm-19 llvm-22 llvm lo logs luv luv-unix ' +
  'lwt-dllist lwt-log lwt lwt-ssl mad magic-mime magic markup-lwt markup mccs mcl14 mdx mem-usage ' +
  'menhir metadata mew mew-vi mirage-clock mirage-crypto mirage-kv-mem mirage-kv mirage-ptime mlpcap ' +
  'mlpost mm mmap monolith morbig morsmall mp3lame mtime multicore-bench multicore-magic-dscheck ' +
  'multicore-magic multicoretests mysql nbd nethttpd nproc num oasis obus ocaml-compiler-libs ' +
  'ocaml-intrinsics-kernel ocaml-version ocamlformat ocamlgraph ocamlgsl ocamlnet ocamlnet-ssl ' +
  'ocamlviz ocp-indent ocplib-endian ocsigenserver ocsipersist-lib ocsipersist ocsipersist-pgsql ' +
  'ocsipersist-sqlite octavius odoc odoc-parser ogg ohex omd opam-0install-cudf opam-file-format ' +
  'optint opus oseq ounit pam parany parmap parsexp pbkdf pcre2 perl4caml pgocaml plplot portaudio ' +
  'postgresql pp pprint ppx-assert ppx-base ppx-bin-prot ppx-cold ppx-compare ppx-custom-printf ' +
  'ppx-derivers ppx-deriving ppx-deriving-yojson ppx-enumerate ppx-expect ppx-fields-conv ' +
  'ppx-globalize ppx-hash ppx-here ppx-import ppx-inline-test ppx-js-style ppx-let ppx-optcomp ' +
  'ppx-sexp-conv ppx-stable-witness ppx-string ppx-variants-conv ppx-visitors ppx-yojson-conv-lib ' +
  'ppx-yojson-conv ppxlib-jane ppxlib psmt2-frontend psq ptime ptmap pulse pxp pyml qcheck-core ' +
  'qcheck-lin qcheck-multicoretests-util qcheck qcheck-ounit qcheck-stm qtest randomconv re react ' +
  'reactivedata reins res result rope rresult rss samplerate saturn sedlex sexplib sexplib0 sha ' +
  'shine shout soundtouch spdx-licenses speex sqlite3 ssl stdcompat stdio stdlib stdlib-random ' +
  'stringext swhid-core syslog theora thread-table time-now tophide topkg trie typerep tyxml ' +
  'unix-errno uri usb utop uucd uucp uuidm uunf uuseg uutf variantslib virt voaacenc vorbis ' +
  'websocket-lwt-unix websocket why3 x509 xml-light xmlm xmlplaylist xstr yojson zarith ' +
  'zarith-stubs-js zed zip'
const NAMES = new Set(PACKAGED.split(' '))

/** What comes with the compiler, or with dune. */
const OWN = new Set([
  'str',
  'unix',
  'threads',
  'bigarray',
  'dynlink',
  'stdlib',
  'runtime_events',
  'compiler-libs',
  'ocaml',
  'dune',
  'bytes',
  'seq',
  'findlib',
  'ocamlfind',
])

/** Libraries whose package is called otherwise. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'mirage-crypto-rng': 'mirage-crypto',
  'mirage-crypto-ec': 'mirage-crypto',
  'mirage-crypto-pk': 'mirage-crypto',
  lwt_ppx: 'lwt',
  lwt_ssl: 'lwt-ssl',
  'ptime-clock': 'ptime',
  ounit2: 'ounit',
}

/** The Debian package of a library of findlib's (`lwt.unix`); empty when it comes with OCaml, null when Debian has none. */
export function debianPackage(library: string): string | null {
  const [root = ''] = library.split('.')
  if (OWN.has(root)) return ''
  const name = own(OTHERWISE, root) ?? root.toLowerCase().replaceAll('_', '-')
  return NAMES.has(name) ? `lib${name}-ocaml-dev` : null
}
