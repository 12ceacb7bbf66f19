import { expect, test } from 'vitest'
import { parseCredentials } from './credentials.ts'
import { parseRemotePlace } from './place.ts'
import { EMPTY_SHA256, encodePath, signedHeaders } from './sign.ts'

// Whether a store takes the signature is for remote-cache.root.test.ts to find out.
test('a request carries a signature of version 4, and never the key', () => {
  const headers = signedHeaders(
    {
      method: 'GET',
      host: 'examplebucket.s3.amazonaws.com',
      path: '/test.txt',
      sha256: EMPTY_SHA256,
      region: 'us-east-1',
      now: Date.UTC(2013, 4, 24),
    },
    {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      sessionToken: null,
    },
  )
  expect(headers['x-amz-date']).toBe('20130524T000000Z')
  expect(headers['authorization']).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/20130524\/us-east-1\/s3\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=[0-9a-f]{64}$/,
  )
  expect(JSON.stringify(headers)).not.toContain('EXAMPLEKEY')
})

test('names are encoded as S3 wants them', () => {
  expect(encodePath("/a b/c+d(1)'")).toBe('/a%20b/c%2Bd%281%29%27')
})

test('credentials are read from the default section alone', () => {
  const text =
    '[other]\naws_access_key_id = wrong\n[default]\naws_access_key_id = id\naws_secret_access_key=key\n'
  expect(parseCredentials(text)).toEqual({ accessKeyId: 'id', secretAccessKey: 'key', sessionToken: null })
  expect(parseCredentials('aws_access_key_id = id\n')).toBeNull()
})

test('the address of a cache says what is wrong with it, and repeats no password', () => {
  expect(parseRemotePlace('s3://builds/node/1/?endpoint=http://127.0.0.1:9000&region=eu')).toEqual({
    kind: 's3',
    endpoint: 'http://127.0.0.1:9000',
    bucket: 'builds',
    prefix: 'node/1/',
    region: 'eu',
  })
  expect(parseRemotePlace('file:///srv/cache')).toEqual({ kind: 'nix', url: 'file:///srv/cache' })
  expect(() => parseRemotePlace('ftp://x')).toThrow('begins with none of')
  expect(() => parseRemotePlace('s3://id:pass@bucket')).toThrow('SKYPANEL_CACHE_CREDENTIALS')
  expect(() => parseRemotePlace('s3://id:pass@bucket')).not.toThrow('pass@')
})
