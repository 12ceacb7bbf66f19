import { expect, test } from 'vitest'
import { imageUserOf } from './image-user.ts'

test('the user of an image is in the group that its accounts name', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nskypanel:x:1234:1235::/:/bin/sh\n'
  expect(imageUserOf(1234, passwd)).toEqual({ uid: 1234, gid: 1235 })
})

test.each(['', 'skypanel', 'skypanel:x:1234:99999::', 'skypanel:x:1234:-1::', 'skypanel:x:1234:0x10::'])(
  'accounts that say nothing of use (%j) leave it in the group of its own number',
  (passwd) => expect(imageUserOf(1234, passwd)).toEqual({ uid: 1234, gid: 1234 }),
)
