/**
 * Tiers run beside each other and are read one after the other: what the tier in front says is printed at once, what
 * the others say is kept until it is their turn.
 */
export function openOutput(names, print = (text) => process.stdout.write(text)) {
  const waiting = names.map((name) => ({ name, text: '', over: false }))
  const advance = () => {
    for (;;) {
      const [front] = waiting
      if (front === undefined) return
      print(front.text)
      front.text = ''
      if (!front.over) return
      waiting.shift()
    }
  }
  const find = (name) => waiting.find((one) => one.name === name)
  return {
    tell(name, text) {
      const one = find(name)
      if (one === undefined || one === waiting[0]) print(text)
      else one.text += text
    },
    end(name) {
      const one = find(name)
      if (one !== undefined) one.over = true
      advance()
    },
  }
}
