export interface ServerEvent {
  readonly event: string
  readonly id: string | undefined
  readonly data: string
}

/** Server-sent events out of text that arrives in arbitrary pieces. Comments (heartbeats) are dropped. */
export class EventParser {
  #rest = ''
  #event = 'message'
  #id: string | undefined
  #data: string[] = []

  push(text: string): ServerEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    const events: ServerEvent[] = []
    for (const line of lines) {
      if (line !== '') this.#field(line)
      else if (this.#data.length > 0) events.push(this.#dispatch())
      else this.#event = 'message'
    }
    return events
  }

  #dispatch(): ServerEvent {
    const event = { event: this.#event, id: this.#id, data: this.#data.join('\n') }
    this.#event = 'message'
    this.#data = []
    return event
  }

  #field(line: string): void {
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') this.#data.push(value)
    else if (name === 'event') this.#event = value
    else if (name === 'id') this.#id = value
  }
}
