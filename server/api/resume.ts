import type { StreamEvent } from './route.ts'

/** The number in a Last-Event-ID. It is what we gave; something else starts from the beginning. */
export const seqOf = (lastEventId: string): number =>
  /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : 0

/** Lines as events that can be resumed after each of them. */
export async function* numbered<Line extends { readonly seq: number }>(
  lines: AsyncIterable<Line>,
): AsyncGenerator<StreamEvent<Line>> {
  for await (const line of lines) yield { id: line.seq, data: line }
}
