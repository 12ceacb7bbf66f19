import { Facts, Section } from '../../design/blocks.tsx'
import { useAccount } from '../../layout/gate.tsx'
import { strings } from '../../strings.ts'
import { Password } from './password.tsx'
import { Sessions } from './sessions.tsx'
import { Tokens } from './tokens.tsx'
import './account.css'

const words = strings.account

export function AccountPage() {
  const { email, name, teams, platform_admin: isAdmin } = useAccount()
  return (
    <div className="page account">
      <title>{`${words.title} · ${strings.product}`}</title>
      <header className="page-head">
        <h1>{words.title}</h1>
      </header>
      <Section title={words.profile}>
        <Facts
          facts={[
            [words.email, <span key="email">{email}</span>],
            ...(name === null ? [] : [[words.name, name] as const]),
            [words.teams, teams.map((team) => `${team.name} (${words.role[team.role]})`).join(', ')],
            ...(isAdmin ? [['', words.platformAdmin] as const] : []),
          ]}
        />
      </Section>
      <Password />
      <Sessions />
      <Tokens />
    </div>
  )
}
