import { fileURLToPath } from 'node:url'

/** An app of the benchmark of builds, and the commands that a developer would type for it. */
export interface BenchApp {
  readonly name: string
  readonly folder: string
  /** Makes the app whole before anything is measured, e.g. its lock; runs bare. */
  readonly prepare: string
  /** What has to run in a fresh clone. */
  readonly install: string
  /** What makes a release of the source then; empty: nothing. */
  readonly build: string
  /** Adds one dependency, as a developer would before a commit; runs bare. */
  readonly add: string
  /** The file that a source change touches, and what is put at its end. */
  readonly touch: { readonly file: string; readonly text: (round: string) => string }
  /** What the bare commands leave that a release would need. */
  readonly ships: readonly string[]
}

const fixture = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const NPM = {
  prepare: 'rm -f package-lock.json && npm install --package-lock-only --no-audit --no-fund',
  install: 'npm ci --no-audit --no-fund',
  add: 'npm install --package-lock-only --no-audit --no-fund --save-exact is-odd@3.0.1',
  ships: ['node_modules'],
} as const
const comment = (round: string) => `\n// ${round}\n`

export const BENCH_APPS: readonly BenchApp[] = [
  {
    ...NPM,
    name: 'express',
    folder: fixture('test/apps/express'),
    build: '',
    touch: { file: 'index.js', text: comment },
  },
  {
    ...NPM,
    name: 'typescript-vite',
    folder: fixture('test/apps/typescript-vite'),
    build: 'npm run build',
    touch: { file: 'src/version.ts', text: (round) => `\nexport const round = '${round}'\n` },
  },
  {
    ...NPM,
    name: 'native',
    folder: fixture('buildpacks/node/fixtures/native-module'),
    build: '',
    touch: { file: 'server.js', text: comment },
  },
  {
    ...NPM,
    name: 'next',
    // Its newest version lacks what other systems need, and npm makes no whole lock of that.
    prepare:
      'rm -f package-lock.json && npm install --package-lock-only --no-audit --no-fund --save-exact next@16.4.5',
    folder: fixture('buildpacks/node/fixtures/next-server'),
    build: 'npm run build',
    touch: { file: 'app/page.js', text: comment },
  },
  {
    name: 'django',
    folder: fixture('buildpacks/python/fixtures/django-static'),
    prepare: 'true',
    install: 'python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt',
    build: '.venv/bin/python manage.py collectstatic --noinput',
    add: "printf '\\nitsdangerous==2.2.0\\n' >> requirements.txt",
    touch: { file: 'shop/static/round.txt', text: (round) => `${round}\n` },
    ships: ['.venv'],
  },
  {
    name: 'go',
    folder: fixture('buildpacks/go/fixtures/gin'),
    prepare: 'true',
    install: '',
    build: "go build -trimpath -buildvcs=false -ldflags='-s -w' -o bin/shop .",
    add: 'go get github.com/google/uuid@v1.6.0 && printf \'package main\\n\\nimport _ "github.com/google/uuid"\\n\' > extra.go && go mod tidy',
    touch: { file: 'main.go', text: (round) => `\nvar _ = "${round}"\n` },
    ships: ['bin'],
  },
  {
    name: 'rust',
    folder: fixture('buildpacks/rust/fixtures/axum'),
    prepare: 'true',
    install: '',
    build: 'cargo build --release --locked',
    add: 'cargo add --quiet base64@0.22 && cargo update --workspace',
    touch: {
      file: 'src/main.rs',
      text: (round) => `\n#[allow(dead_code)]\nconst ROUND: &str = "${round}";\n`,
    },
    ships: ['target/release/notes'],
  },
  {
    name: 'maven',
    folder: fixture('buildpacks/java/fixtures/spring'),
    prepare: 'true',
    // Java reads no PEM bundle.
    install: 'java /usr/share/skypanel/TrustStore.java "$SSL_CERT_FILE" /home/cacerts',
    build:
      'export JAVA_TOOL_OPTIONS=-Djavax.net.ssl.trustStore=/home/cacerts; mvn -B -ntp -q -DskipTests package',
    add: "sed -i 's#^  </dependencies>#<dependency><groupId>commons-codec</groupId><artifactId>commons-codec</artifactId></dependency>\\n&#' pom.xml",
    touch: {
      file: 'src/main/java/com/example/Library.java',
      text: (round) => `\nclass Round {\n  static final String ROUND = "${round}";\n}\n`,
    },
    ships: ['target/library-1.0.0.jar'],
  },
]
