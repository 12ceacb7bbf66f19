import { describe, expect, it } from 'vitest'
import { explainStart } from './explain-start.ts'

describe('an app that does not come up', () => {
  it.each([
    ['Error: listen EADDRINUSE: address already in use 0.0.0.0:3000', /port that is taken/],
    ['Error: listen EACCES: permission denied 0.0.0.0:80', /below 1024/],
    ["Error: Cannot find module 'express'", /module express is not in the release/],
    ["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'tsx' imported from /app/x.js", /module tsx is not/],
    ["ModuleNotFoundError: No module named 'shop'", /Python module shop/],
    ['Error loading ASGI app. Attribute "app" not found in module "main".', /object app/],
    ['<internal:require>: cannot load such file -- pg (LoadError)', /did not find pg/],
    ['./server: error while loading shared libraries: libpq.so.5: cannot open shared object', /libpq\.so\.5/],
    ["node: /lib/libc.so.6: version `GLIBC_2.99' not found", /GLIBC_2\.99/],
    ['bash: line 1: gunicorn: command not found', /calls gunicorn/],
    ['bash: exec: next: not found', /calls next/],
    ["KeyError: 'DATABASE_URL'", /config var DATABASE_URL/],
    ['Error: STRIPE_KEY is not set', /config var STRIPE_KEY/],
    ['Missing required environment variable: API_TOKEN', /config var API_TOKEN/],
    ['Error: connect ECONNREFUSED 127.0.0.1:5432', /on its own address/],
    ['could not connect: [Errno 111] Connection refused on localhost port 6379', /on its own address/],
    ['FATAL ERROR: Reached heap limit - JavaScript heap out of memory', /out of memory/],
    ['Server running at http://127.0.0.1:8000/', /own address only \(port 8000\)/],
    ['Server listening on port 3000', /listen on port 3000/],
    ['RuntimeException: No application encryption key has been specified.', /APP_KEY/],
    ['ArgumentError: Missing `secret_key_base` for production environment', /key for its secrets/],
  ])('and says "%s" is told why', (line, cause) => {
    const told = explainStart(['booting', line, 'goodbye'], 'boot_timeout')
    expect(told?.message).toMatch(cause)
    expect(told?.hint).toMatch(/\S/)
  })

  it.each([['Server listening on port 5000'], ['ready'], [''], ['all is well']])(
    'and says "%s" is told nothing that is not known',
    (line) => {
      expect(explainStart([line], 'boot_timeout')).toBeNull()
    },
  )

  it('and crashed after it listened is not told that it listens elsewhere', () => {
    expect(explainStart(['Server listening on port 3000', 'boom'], 'boot_crash')).toBeNull()
  })
})
