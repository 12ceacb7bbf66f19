/** Packages of Haskell that Debian has, in its spelling (`libghc-…-dev`). */
const PACKAGED =
  'abstract-deque abstract-par acid-state active adjunctions aeson-casing aeson aeson-diff ' +
  'aeson-extra aeson-pretty aeson-qq aeson-warning-parser agda alsa-core alsa-mixer ' +
  'annotated-wl-pprint ansi-terminal ansi-terminal-types ansi-wl-pprint ap-normalize appar arithmoi ' +
  'arrows asn1-encoding asn1-parse asn1-types assert-failure assoc async atomic-write ' +
  'attoparsec-aeson attoparsec attoparsec-iso8601 authenticate authenticate-oauth auto-update aws ' +
  'barbies base-compat-batteries base-compat base-orphans base-prelude base-unicode-symbols ' +
  'base16-bytestring base64-bytestring basement basic-prelude bencode bifunctors bimap ' +
  'binary-conduit binary-instances binary-orphans binary-search bindings-dsl bitvec bitwise ' +
  'blaze-builder blaze-html blaze-markup blaze-svg blaze-textual bloomfilter bmp boolean boomerang ' +
  'boring boundedchan boxes brainfuck brick broadcast-chan bsb-http-chunked bv-sized byte-order ' +
  'byteable bytedump byteorder bytes bytestring-conversion bytestring-lexing bytestring-progress ' +
  'bytestring-to-vector bz2 bzlib-conduit bzlib cabal-doctest cabal-install-solver cairo call-stack ' +
  'casa-client casa-types case-insensitive cassava cassava-megaparsec categories cborg cborg-json ' +
  'cereal-conduit cereal cereal-vector cgi charset charsetdetect-ae chart-cairo chart chasingbottoms ' +
  'chimera chunked-data cipher-camellia citeproc clash-ghc clash-lib clash-prelude ' +
  'classy-prelude-conduit classy-prelude clientsession clock cmark cmark-gfm cmdargs code-page ' +
  'colour commonmark commonmark-extensions commonmark-pandoc commutative-semigroups comonad ' +
  'companion concurrent-extra concurrent-output concurrent-supply cond conduit conduit-extra ' +
  'conduit-zstd config-ini config-schema config-value configurator constraints constraints-extras ' +
  'contravariant contravariant-extras control-monad-free control-monad-loop convertible cookie ' +
  'copilot-c99 copilot-core copilot copilot-interpreter copilot-language copilot-libraries ' +
  'copilot-prettyprinter copilot-theorem cpphs cpu criterion criterion-measurement crypto-api ' +
  'crypto-cipher-tests crypto-cipher-types crypto-pubkey-types cryptohash cryptohash-md5 ' +
  'cryptohash-sha1 cryptohash-sha256 crypton-conduit crypton-connection crypton crypton-x509 ' +
  'crypton-x509-store crypton-x509-system crypton-x509-validation cryptonite-conduit cryptonite ' +
  'cryptostore css-text csv curl curve25519 data-accessor data-accessor-mtl data-binary-ieee754 ' +
  'data-clist data-default-class data-default data-default-instances-base ' +
  'data-default-instances-containers data-default-instances-dlist data-default-instances-old-locale ' +
  'data-fix data-functor-logistic data-hash data-inttrie data-memocombinators data-ordlist ' +
  'data-reify dav dbus dbus-hslogger debian dec decimal deepseq-generics deferred-folds ' +
  'dense-linear-algebra dependent-map dependent-sum dependent-sum-template deque deriving-aeson ' +
  'deriving-compat dhall diagrams-cairo diagrams-core diagrams-lib diagrams-solve diagrams-svg dice ' +
  'dice-entropy-conduit diff digest dimensional directory-tree disk-free-space distributive dlist ' +
  'dlist-instances dns doclayout doctemplates doctest doctest-parallel dotgen double-conversion ' +
  'dual-tree dynamic-state dyre easy-file echo ed25519 edit-distance edit-distance-vector either ' +
  'elm-bridge email-validate emojis enclosed-exceptions entropy enummapset equivalence erf errors ' +
  'esqueleto exact-pi exception-mtl exception-transformers executable-path expiring-cache-map ' +
  'extensible-exceptions extra fast-logger fb fdo-notify feed fgl-arbitrary fgl fgl-visualize ' +
  'file-embed filelock filemanip filepath-bytestring filepattern filestore filtrable fingertree ' +
  'finite-field first-class-families fixed flexible-defaults floatinghex fmlist focuslist ' +
  'fold-debounce foldable1-classes-compat foldl formatting foundation free from-sum fsnotify ' +
  'futhark-data futhark futhark-manifest futhark-server gd generic-data generic-deriving ' +
  'generic-lens-core generic-lens generic-random generics-sop genvalidity-containers genvalidity ' +
  'genvalidity-hspec genvalidity-property getopt-generics ghc-events ghc-exactprint ghc-lib-parser ' +
  'ghc-lib-parser-ex ghc-paths ghc-tcplugins-extra ghc-typelits-extra ghc-typelits-knownnat ' +
  'ghc-typelits-natnormalise gi-atk gi-cairo-connector gi-cairo gi-cairo-render gi-dbusmenu ' +
  'gi-dbusmenugtk3 gi-freetype2 gi-gdk gi-gdkpixbuf gi-gdkx11 gi-gio gi-glib gi-gmodule gi-gobject ' +
  'gi-gtk gi-gtk-hs gi-harfbuzz gi-pango gi-vte gi-xlib gio git-lfs githash gitrev glib glob gloss ' +
  'gloss-rendering gluraw glut graphscc graphviz gridtables groom groups gtk-sni-tray gtk-strut ' +
  'gtk-traymanager gtk2hs-buildtools gtk3 hackage-security haddock-library hakyll half ' +
  'happstack-jmacro happstack-server hashable hashtables haskell-gi-base haskell-gi haskell-lexer ' +
  'haskell-src haxml haxr hclip hdbc hdbc-postgresql hdbc-session hdbc-sqlite3 hdf5 heaps ' +
  'hedgehog-classes hedgehog hedis heist here heredoc heterocephalus hex hexml hexpat hgmp ' +
  'hi-file-parser hierarchical-clustering hinotify hint hjsmin hledger hledger-lib hlint hmatrix ' +
  'hmatrix-gsl hoogle hookup hopenpgp hostname hourglass hpack hs-bibutils hscolour hsemail hsini ' +
  'hslogger hslua-aeson hslua-classes hslua-cli hslua-core hslua hslua-list hslua-marshalling ' +
  'hslua-module-doclayout hslua-module-path hslua-module-system hslua-module-text ' +
  'hslua-module-version hslua-module-zip hslua-objectorientation hslua-packaging hslua-repl ' +
  'hslua-typing hsopenssl hsopenssl-x509-system hspec-api hspec-attoparsec hspec-contrib hspec-core ' +
  'hspec hspec-expectations hspec-hedgehog hspec-megaparsec hspec-smallcheck hspec-wai ' +
  'hstringtemplate hsyaml-aeson hsyaml hsyslog html-conduit html http-api-data http-client ' +
  'http-client-restricted http-client-tls http-common http-conduit http-date http http-download ' +
  'http-link-header http-media http-reverse-proxy http-streams http-types http2 hunit ' +
  'hxt-charproperties hxt-curl hxt hxt-http hxt-regex-xmlschema hxt-relaxng hxt-tagsoup hxt-unicode ' +
  'hxt-xpath iconv ieee754 ifelse incremental-parser indexed-profunctors indexed-traversable ' +
  'indexed-traversable-instances infer-license infinite-list ini inline-c input-parsers ' +
  'inspection-testing integer-conversion integer-logarithms integer-roots intern interpolate ' +
  'intervals invariant io-storage io-streams io-streams-haproxy iospec iproute ipynb irc-core irc ' +
  'iso8601-time isocline isomorphism-class ixset-typed jira-wiki-markup jmacro js-dgtable js-flot ' +
  'js-jquery json jsonpath juicypixels jwt kan-extensions keys knob kvitable lambdabot-core ' +
  'lambdabot-haskell-plugins lambdabot-irc-plugins lambdabot-misc-plugins ' +
  'lambdabot-reference-plugins lambdabot-social-plugins lambdabot-trusted lambdahack language-c ' +
  'language-c-quote language-c99 language-c99-simple language-c99-util language-glsl ' +
  'language-javascript language-python lazy-csv lazysmallcheck lens-action lens-aeson lens ' +
  'lens-family-core libbf libffi libmpd libyaml lift-type lifted-async lifted-base linear list ' +
  'listlike load-env log-domain logging-facade logict lpeg lrucache lua-arbitrary lua lucid lukko ' +
  'lumberjack lzma magic mainland-pretty managed map-syntax markdown markdown-unlit math-functions ' +
  'megaparsec memoize memory memotrie mersenne-random-pure64 microlens-aeson microlens microlens-ghc ' +
  'microlens-mtl microlens-platform microlens-th microspec microstache mime-mail mime-mail-ses ' +
  'mime-types minimorph miniutter missingh mmap mmorph mockery mod monad-chronicle monad-control ' +
  'monad-logger monad-loops monad-memo monad-par monad-par-extras monadlib monadlist monadprompt ' +
  'monadrandom monads-tf mono-traversable mono-traversable-instances monoid-extras monoid-subclasses ' +
  'mountpoints mueval multimap multipart multiset-comb multistate murmur-hash musicbrainz mustache ' +
  'mutable-containers mwc-random names-th nanospec natural-transformation neat-interpolation nettle ' +
  'netwire network-bsd network-byte-order network-conduit-tls network-control network network-info ' +
  'network-multicast network-run network-uri newtype newtype-generics nonce nothunks numbers ' +
  'numeric-extras numinstances numtype-dk objectname oeis ofx old-locale old-time onetuple only ' +
  'oo-prototypes open-browser opengl openglraw openpgp-asciiarmor openssl-streams operational ' +
  'optional-args optparse-applicative optparse-simple ordered-containers ormolu os-string pager ' +
  'pandoc pandoc-lua-engine pandoc-lua-marshal pandoc-server pandoc-types pango panic pantry ' +
  'parallel parameterized-utils parseargs parsec-numbers parser-combinators parsers path path-io ' +
  'path-pieces patience pcap peano pem persistent persistent-postgresql persistent-sqlite ' +
  'persistent-template pid1 pipes-attoparsec pipes-bytestring pipes pipes-group pipes-parse ' +
  'pipes-safe pointed pointedlist polyparse posix-pty postgresql-libpq postgresql-simple pqueue ' +
  'prelude-extras pretty-show pretty-simple prettyclass prettyprinter-ansi-terminal ' +
  'prettyprinter-compat-ansi-wl-pprint prettyprinter prettyprinter-interp prim-uniq primes ' +
  'primitive-addr primitive primitive-unaligned process-extras profunctors project-template ' +
  'propellor protobuf psqueue psqueues puremd5 pwstore-fast quickcheck-classes-base ' +
  'quickcheck-classes quickcheck-instances quickcheck-io quickcheck-safe quickcheck-simple ' +
  'quickcheck-text quickcheck-unicode quickcheck2 quote-quot random random-fu random-shuffle ' +
  'rank2classes rate-limit raw-strings-qq reactive-banana readable readargs recaptcha ' +
  'recursion-schemes recv reducers refact reflection regex-applicative regex-base regex-compat regex ' +
  'regex-pcre2 regex-posix regex-tdfa reinterpret-cast repline resolv resource-pool resourcet retry ' +
  'rfc5051 rio rio-orphans rio-prettyprint rsa rvar s-cargot safe safe-exceptions safecopy ' +
  'safesemaphore sandi say sbv scanner scientific scotty sdl2 sdl2-image sdl2-mixer sdl2-ttf ' +
  'secret-sharing securemem selective semialign semigroupoids semigroups semirings sendfile ' +
  'serialise servant-client-core servant-client servant servant-server setenv setlocale sha shake ' +
  'shakespeare shell-conduit shelly should-not-typecheck show-combinators show silently ' +
  'simple-reflect simple-sendfile simple-smt singleton-bool singletons skein skylighting-core ' +
  'skylighting skylighting-format-ansi skylighting-format-blaze-html skylighting-format-context ' +
  'skylighting-format-latex smallcheck smtlib snap-core snap snap-server soap sockaddr socks some ' +
  'sop-core split splitmix spool sql-words src-exts src-exts-simple src-exts-util src-meta srcloc ' +
  'stateref statestack statevar static-bytes static-hash statistics status-notifier-item stm-chans ' +
  'stm-delay stmonadtrans storable-complex storable-record storable-tuple store-core store stream ' +
  'streaming-commons strict strict-list string-conversions string-interpolate string-qq ' +
  'stringbuilder stringprep stringsearch svg-builder swish syb system-fileio system-filepath ' +
  'system-posix-redirect tabular taffybar tagged tagsoup tagstream-conduit tar-conduit tar ' +
  'tasty-ant-xml tasty-checklist tasty tasty-discover tasty-expected-failure tasty-golden ' +
  'tasty-hedgehog tasty-hslua tasty-hspec tasty-hunit tasty-kat tasty-lua tasty-quickcheck ' +
  'tasty-rerun tasty-smallcheck tasty-th template-haskell-compat-v0208 temporary ' +
  'terminal-progress-bar terminal-size termonad test-framework test-framework-hunit ' +
  'test-framework-quickcheck2 texmath text-ansi text-binary text-builder text-builder-linear ' +
  'text-conversions text-icu text-manipulate text-metrics text-postgresql text-short text-show ' +
  'text-zipper tf-random th-abstraction th-bang-compat th-compat th-constraint-compat th-data-compat ' +
  'th-desugar th-env th-expand-syns th-extras th-lift th-lift-instances th-orphans th-reify-compat ' +
  'th-reify-many th-utilities these threads time-compat time-locale-compat time-manager time-parsers ' +
  'time-units timeit tls tls-session-manager token-bucket toml-parser topograph torrent ' +
  'transformers-base transformers-compat trifecta tuple twitter-conduit twitter-types ' +
  'twitter-types-lens type-equality type-errors type-level-numbers typed-process typst typst-symbols ' +
  'uglymemo unbounded-delays unexceptionalio unicode-collation unicode-data unicode-transforms ' +
  'uniplate universe-base unix-compat unix-time unixutils unlambda unliftio-core unliftio ' +
  'unordered-containers unsafe uri-bytestring-aeson uri-bytestring uri-encode url utf8-light ' +
  'utf8-string utility-ht uuagc-cabal uuid uuid-types uulib validity-containers validity vault ' +
  'vector-algorithms vector-binary-instances vector-builder vector vector-hashtables ' +
  'vector-instances vector-space vector-stream vector-th-unbox versions void vty-crossplatform vty ' +
  'vty-unix wai-app-file-cgi wai-app-static wai-conduit wai-cors wai wai-extra wai-handler-launch ' +
  'wai-http2-extra wai-logger wai-middleware-static wai-websockets warp warp-tls wcwidth websockets ' +
  'weigh what4 wide-word witch with-location witherable wizards wl-pprint-annotated wl-pprint-text ' +
  'word-trie word-wrap word8 wreq x11 x11-xft x509 x509-store x509-system x509-validation xcb-types ' +
  'xdg-basedir xdg-desktop-entry xeno xlsx xml-conduit xml-conduit-writer xml xml-hamlet xml-helpers ' +
  'xml-html-qq xml-types xmlgen xmlhtml xmonad-contrib xmonad xmonad-extras xmonad-wallpaper ' +
  'xss-sanitize yaml yesod-auth yesod-auth-hashdb yesod-auth-oauth yesod-core yesod-default yesod ' +
  'yesod-form yesod-newsfeed yesod-persistent yesod-static yesod-test yi-core yi-frontend-vty ' +
  'yi-keymap-emacs yi-keymap-vim yi-language yi-misc-modes yi-mode-haskell yi-mode-javascript ' +
  'yi-rope zenc zeromq4-haskell zip-archive zip zip-stream zlib-bindings zlib zstd zxcvbn-c'
const NAMES = new Set(PACKAGED.split(' '))

/** What comes with the compiler. */
const OWN = new Set(
  (
    'base array binary bytestring Cabal Cabal-syntax containers deepseq directory exceptions filepath ghc ghc-boot ghc-compact ' +
    'ghc-heap ghc-prim ghci haskeline hpc integer-gmp mtl parsec pretty process semaphore-compat stm template-haskell ' +
    'terminfo text time transformers unix xhtml'
  ).split(' '),
)

/** The Debian package of a package of Haskell; empty when it comes with the compiler, null when Debian has none. */
export function debianPackage(name: string): string | null {
  if (OWN.has(name)) return ''
  return NAMES.has(name.toLowerCase()) ? `libghc-${name.toLowerCase()}-dev` : null
}
