/** Tones have an icon and a colour each; what is meant is always said in words too. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle'

export interface Status {
  readonly tone: Tone
  readonly text: string
}
