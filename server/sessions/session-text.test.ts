import { expect, test } from 'vitest'
import { isLinkCode, makeLinkCode, makeSessionText, sessionCookie, sessionTextIn } from './session-text.ts'

const text = makeSessionText()

test('the cookie is found among others, and never believed twice', () => {
  expect(sessionTextIn(`a=b; skypanel_session=${text}; c=d`, false)).toBe(text)
  expect(sessionTextIn(`skypanel_session=${text}; skypanel_session=${makeSessionText()}`, false)).toBeNull()
  expect(sessionTextIn(`xskypanel_session=${text}`, false)).toBeNull()
  expect(sessionTextIn('skypanel_session=skp_other', false)).toBeNull()
  expect(sessionTextIn(undefined, false)).toBeNull()
})

test('a panel behind https believes the name alone that no other host can set', () => {
  expect(sessionTextIn(`skypanel_session=${text}`, true)).toBeNull()
  expect(sessionTextIn(`__Host-skypanel_session=${text}`, true)).toBe(text)
  expect(sessionCookie(text, true, 60)).toBe(
    `__Host-skypanel_session=${text}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure`,
  )
  expect(sessionCookie(null, false, 60)).toBe(
    'skypanel_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
  )
})

test('a code of a link is no session, and the other way round', () => {
  const code = makeLinkCode()
  expect([isLinkCode(code), isLinkCode(text)]).toEqual([true, false])
  expect(sessionTextIn(`skypanel_session=${code}`, false)).toBeNull()
})
