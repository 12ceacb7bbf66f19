import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/**
 * Seals small values with AES-256-GCM. `context` is bound to the value (associated data): what was sealed for one app
 * and name does not open for another. Layout: key id (1 byte), nonce (12), tag (16), ciphertext.
 */
export interface Sealer {
  seal(value: string, context: readonly string[]): Buffer
  /** @throws when the value was changed, belongs to another context, or its key is not there. */
  open(sealed: Uint8Array, context: readonly string[]): string
}

export interface SealingKey {
  /** 0 to 255; stands before each sealed value, so that an old key can go on opening what it sealed. */
  readonly id: number
  /** 32 bytes. */
  readonly key: Buffer
}

const NONCE = 12
const TAG = 16

/** The first key seals; all of them open. */
export function createSealer(keys: readonly SealingKey[]): Sealer {
  const [current] = keys
  if (current === undefined) throw new Error('no key to seal with')
  const byId = new Map(keys.map(({ id, key }) => [id, derive(key)]))
  const currentKey = derive(current.key)
  return {
    seal(value, context) {
      const nonce = randomBytes(NONCE)
      const cipher = createCipheriv('aes-256-gcm', currentKey, nonce)
      cipher.setAAD(associated(current.id, context))
      const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(current.id), nonce, cipher.getAuthTag(), body])
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
      const id = bytes[0]
      const key = id === undefined ? undefined : byId.get(id)
      if (id === undefined || key === undefined || bytes.length < 1 + NONCE + TAG) {
        throw new Error('a sealed value cannot be opened: its key is not in the key file')
      }
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + NONCE), {
        authTagLength: TAG,
      })
      decipher.setAAD(associated(id, context))
      decipher.setAuthTag(bytes.subarray(1 + NONCE, 1 + NONCE + TAG))
      return Buffer.concat([decipher.update(bytes.subarray(1 + NONCE + TAG)), decipher.final()]).toString(
        'utf8',
      )
    },
  }
}

/** The master key itself encrypts nothing, so further uses can have keys of their own. */
const derive = (key: Buffer) => Buffer.from(hkdfSync('sha256', key, '', 'skypanel config vars v1', 32))

/** Lengths first: ["a", "bc"] and ["ab", "c"] are different contexts. */
function associated(id: number, context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify([id, ...context]))
}
