/* Mounts: whoever can make one decides what the files of the system are. */
#include <linux/mount.h>
#include <linux/openat2.h>

static int mounted(const char *type, const char *data) {
  return got(mount("none", folder_in_room("mount"), type, 0, data));
}

PROBE(mount_tmpfs, "files of its own over those of the system") { return mounted("tmpfs", NULL); }
PROBE(mount_proc, "the kernel's switches, unmasked") { return mounted("proc", NULL); }
PROBE(mount_sysfs, "the machine's devices, unmasked") { return mounted("sysfs", NULL); }
PROBE(mount_cgroup, "its own limits, to lift them") { return mounted("cgroup2", NULL); }
PROBE(mount_devpts, "terminals with rights of its choice") { return mounted("devpts", "newinstance"); }
PROBE(mount_mqueue, "message queues of the host") { return mounted("mqueue", NULL); }
PROBE(mount_devtmpfs, "every device of the machine") { return mounted("devtmpfs", NULL); }
PROBE(mount_debugfs, "the kernel's insides") { return mounted("debugfs", NULL); }
PROBE(mount_tracefs, "what every program of the machine does") { return mounted("tracefs", NULL); }
PROBE(mount_bind, "read-only files at a place where they can be written") {
  return got(mount("/", folder_in_room("mount"), NULL, MS_BIND, NULL));
}
PROBE(mount_overlay, "a changed copy in the place of what is read-only") {
  return got(mount("overlay", folder_in_room("mount"), "overlay", MS_RDONLY, "lowerdir=/etc:/usr"));
}
PROBE(remount_root_writable, "the root that it shares with every instance of the release") {
  return got(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL));
}
PROBE(remount_tmp_with_devices, "devices and setuid programs in its own folders") {
  mount("none", "/tmp", "tmpfs", MS_NODEV | MS_NOSUID, NULL);
  return got(mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_BIND, NULL));
}
PROBE(mount_propagation, "mounts that spread to the host") {
  return got(mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL));
}
PROBE(umount_proc, "what lies below a mount that hides it") { return got(umount2("/proc", MNT_DETACH)); }
PROBE(pivot_root, "another root") {
  const char *root = folder_in_room("root");
  mount(root, root, NULL, MS_BIND, NULL);
  if (chdir(root) < 0) return CLOSED;
  return got(syscall(SYS_pivot_root, ".", "."));
}
PROBE(chroot_away, "a root whose setuid programs read its own files") { return got(chroot(folder_in_room("root"))); }
PROBE(open_tree_clone, "a tree of mounts without the covers") {
  return got(syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | AT_RECURSIVE));
}
PROBE(fsopen_tmpfs, "mounts by the newer calls") { return got(syscall(SYS_fsopen, "tmpfs", 0)); }
PROBE(fspick_root, "the file system below the root") { return got(syscall(SYS_fspick, AT_FDCWD, "/", 0)); }
PROBE(move_mount, "a mount at a place of its choice") {
  int fs = syscall(SYS_fsopen, "tmpfs", 0);
  if (fs < 0) return CLOSED;
  if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) return CLOSED;
  int tree = syscall(SYS_fsmount, fs, 0, 0);
  if (tree < 0) return CLOSED;
  return got(syscall(SYS_move_mount, tree, "", AT_FDCWD, folder_in_room("mount"), MOVE_MOUNT_F_EMPTY_PATH));
}
PROBE(mount_setattr, "a root that is not read-only any more") {
  struct mount_attr change = {.attr_clr = MOUNT_ATTR_NOEXEC};
  return got(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &change, sizeof change));
}
PROBE(mount_fuse, "a file system that answers what it likes to the host") {
  char data[128];
  int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fuse < 0) return CLOSED;
  snprintf(data, sizeof data, "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse);
  return got(mount("none", folder_in_room("mount"), "fuse", MS_NODEV, data));
}
