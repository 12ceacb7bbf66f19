import { afterAll, beforeAll, it } from 'vitest'
import { TestPlatform, type TestApp } from '../support/platform.ts'
import { expectRejected } from '../support/rejected.ts'

// A file of its own: it waits for the whole boot time-out, in which others can run.
/** A minute of it is the boot time-out itself. */
const BOOT_AND_BUILD_MS = 240_000

let platform: TestPlatform
let app: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  app = await platform.app('express')
  await app.deploy()
})
afterAll(async () => {
  await app.forget()
  await platform[Symbol.asyncDispose]()
})

it(
  'a push of an app that never listens is rejected after the boot time-out, and the old release goes on serving',
  () => expectRejected(app, 'never-listens', ['waiting for something that never comes']),
  BOOT_AND_BUILD_MS,
)
