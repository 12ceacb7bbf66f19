import { AppName, RESERVED_NAMES } from '../contract/ids.ts'

const ADJECTIVES = [
  'amber',
  'ancient',
  'autumn',
  'bold',
  'brave',
  'bright',
  'calm',
  'clear',
  'crisp',
  'dawn',
  'deep',
  'early',
  'fancy',
  'fast',
  'fresh',
  'gentle',
  'glad',
  'golden',
  'green',
  'happy',
  'high',
  'icy',
  'jolly',
  'keen',
  'kind',
  'late',
  'light',
  'lively',
  'lucky',
  'mellow',
  'misty',
  'noble',
  'polar',
  'proud',
  'quick',
  'quiet',
  'rapid',
  'rocky',
  'royal',
  'silent',
  'silver',
  'smooth',
  'snowy',
  'solar',
  'spring',
  'steady',
  'still',
  'strong',
  'sunny',
  'swift',
  'tidy',
  'vast',
  'warm',
  'wild',
  'windy',
  'wise',
  'young',
] as const
const NOUNS = [
  'anchor',
  'badger',
  'bay',
  'beach',
  'breeze',
  'bridge',
  'brook',
  'cedar',
  'cliff',
  'cloud',
  'comet',
  'coral',
  'crane',
  'creek',
  'dune',
  'eagle',
  'falcon',
  'fern',
  'field',
  'fjord',
  'forest',
  'garden',
  'glade',
  'grove',
  'harbor',
  'haven',
  'heron',
  'hill',
  'island',
  'lagoon',
  'lake',
  'lark',
  'maple',
  'meadow',
  'moon',
  'moss',
  'oak',
  'ocean',
  'orchid',
  'otter',
  'peak',
  'pine',
  'pond',
  'prairie',
  'reef',
  'ridge',
  'river',
  'robin',
  'sail',
  'shore',
  'sparrow',
  'star',
  'stone',
  'stream',
  'summit',
  'tide',
  'trail',
  'valley',
  'wave',
  'willow',
  'wolf',
] as const

/**
 * A name like `quiet-river-4821`.
 * @param random three numbers in [0, 1)
 */
export function makeName(random: readonly [number, number, number]): string {
  const pick = (words: readonly string[], at: number) => words[Math.floor(at * words.length)] ?? 'app'
  return `${pick(ADJECTIVES, random[0])}-${pick(NOUNS, random[1])}-${1000 + Math.floor(random[2] * 9000)}`
}

/** What is wrong with a name and what to do, in a sentence; null if nothing is. */
export function refuseName(name: string): string | null {
  const parsed = AppName.safeParse(name)
  if (parsed.success) return null
  const shown = JSON.stringify(name.length > 40 ? `${name.slice(0, 40)}…` : name)
  if (RESERVED_NAMES.includes(name)) return `The name ${shown} is reserved. Choose another one.`
  const reason = parsed.error.issues[0]?.message ?? 'is not valid'
  return `The name ${shown} ${reason}. Choose another one, e.g. ${suggestion(name)}.`
}

/** The nearest valid name, so that the next try works. */
export function suggestion(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 30)
    .replace(/-+$/, '')
  return AppName.safeParse(plain).success ? plain : 'my-app'
}
