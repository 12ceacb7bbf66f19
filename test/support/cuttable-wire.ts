import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** A wire between a browser and the platform that can be cut and mended: what a lost network does. */
export class CuttableWire implements AsyncDisposable {
  readonly #server: Server
  readonly #ends = new Set<Socket>()
  #cut = false

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(port: number): Promise<CuttableWire> {
    const wire: CuttableWire = new CuttableWire(
      createServer((near) => {
        if (wire.#cut) return void near.destroy()
        const far = connect(port, '127.0.0.1')
        for (const [end, other] of [
          [near, far],
          [far, near],
        ] as const) {
          wire.#ends.add(end)
          end.on('error', () => undefined)
          end.on('close', () => {
            wire.#ends.delete(end)
            other.destroy()
          })
          end.pipe(other)
        }
      }),
    )
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve))
    return wire
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  cut(): void {
    this.#cut = true
    for (const end of this.#ends) end.destroy()
  }

  mend(): void {
    this.#cut = false
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
