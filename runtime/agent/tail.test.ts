import { expect, test } from 'vitest'
import { supervisorSaid } from './tail.ts'

test('of what LXC says of a failed start the cause comes last, without what it always says', () => {
  const from = 'lxc-start spab12-x 20261122005939.589 ERROR   '
  expect(
    supervisorSaid([
      `${from} mount_utils - ../src/lxc/mount_utils.c:create_detached:293 - No such file or directory - Failed to mount`,
      'lxc-start: spab12-x: ../src/lxc/mount_utils.c: create_detached: 293 No such file or directory - Failed to mount',
      `${from} start - ../src/lxc/start.c:lxc_spawn:1863 - Failed to prepare rootfs`,
      `${from} start - ../src/lxc/start.c:__lxc_start:2107 - Failed to spawn container "spab12-x"`,
      `${from} lxc_start - ../src/lxc/tools/lxc_start.c:main:306 - The container failed to start`,
    ]),
  ).toEqual(['Failed to prepare rootfs', 'No such file or directory - Failed to mount'])
})

test('what the shim or nspawn says stays as it is, except for what is no failure', () => {
  expect(
    supervisorSaid(['Attempted to remove disk file system under "/run"', 'skypanel shim: cannot open /x: y']),
  ).toEqual(['skypanel shim: cannot open /x: y'])
})
