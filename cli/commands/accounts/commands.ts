import type { CommandSpec } from '../../command.ts'

export const accountCommands: readonly CommandSpec[] = [
  {
    name: 'login',
    aliases: ['auth:login'],
    summary: 'log in at a platform',
    options: [
      ['--email <address>', 'ask for the password only'],
      ['--token-stdin', 'read a token from stdin instead of asking'],
    ],
    examples: ['login', 'login --host https://panel.example.com', 'login --token-stdin < token.txt'],
    load: async () => (await import('./login.ts')).login,
  },
  {
    name: 'logout',
    aliases: ['auth:logout'],
    summary: 'forget the token and revoke it',
    examples: ['logout'],
    load: async () => (await import('./logout.ts')).logout,
  },
  {
    name: 'whoami',
    aliases: ['auth:whoami'],
    summary: 'say who is logged in',
    examples: ['whoami', 'whoami --json'],
    load: async () => (await import('./whoami.ts')).whoami,
  },
  {
    name: 'account:password',
    summary: 'set your password',
    options: [['--password-stdin', 'read it from stdin instead of asking']],
    examples: ['account:password'],
    load: async () => (await import('./password.ts')).setPassword,
  },
  {
    name: 'accounts:create',
    summary: 'make an account for somebody (for administrators)',
    args: '<email>',
    options: [
      ['--name <name>', 'how to call them'],
      ['--password-stdin', 'read the password from stdin instead of asking'],
    ],
    examples: ['accounts:create ada@example.com'],
    load: async () => (await import('./create-account.ts')).createAccount,
  },
  {
    name: 'tokens',
    summary: 'list your tokens',
    examples: ['tokens'],
    load: async () => (await import('./tokens.ts')).listTokens,
  },
  {
    name: 'tokens:create',
    summary: 'make a token for a script or a pipeline',
    args: '<label>',
    options: [['--expires-in <duration>', 'e.g. 30d or 12h; without it the token stays until it is revoked']],
    examples: ['tokens:create deploy --expires-in 30d'],
    load: async () => (await import('./tokens.ts')).createToken,
  },
  {
    name: 'tokens:revoke',
    summary: 'revoke a token at once',
    args: '<id>',
    examples: ['tokens:revoke 0193b2c4-5d6e-7f80-9a1b-2c3d4e5f6071'],
    load: async () => (await import('./tokens.ts')).revokeToken,
  },
  {
    name: 'git-credentials',
    summary: "answer git's question for a password",
    args: '<verb>',
    json: false,
    hidden: true,
    examples: ['git-credentials get'],
    load: async () => (await import('./git-credentials.ts')).gitCredentials,
  },
]
