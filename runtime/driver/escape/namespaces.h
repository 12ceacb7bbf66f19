/* Namespaces: inside of one of its own a process has every capability, and with them most of the kernel's code. */
#include <linux/sched.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static int cloned(unsigned long flag) {
  long pid = syscall(SYS_clone, flag | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  int error = errno;
  if (pid > 0) waitpid(pid, NULL, 0);
  errno = error;
  return got(pid);
}

static int cloned3(unsigned long flag) {
  struct clone_args args = {.flags = flag, .exit_signal = SIGCHLD};
  long pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) _exit(0);
  int error = errno;
  if (pid > 0) waitpid(pid, NULL, 0);
  errno = error;
  return got(pid);
}

static int entered(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? CLOSED : got(setns(fd, 0));
}

PROBE(unshare_user, "all capabilities, in a namespace of its own") { return got(unshare(CLONE_NEWUSER)); }
PROBE(unshare_mount, "mounts of its own") { return got(unshare(CLONE_NEWNS)); }
PROBE(unshare_pid, "processes that nobody else counts") { return got(unshare(CLONE_NEWPID)); }
PROBE(unshare_net, "a network whose packets it may forge") { return got(unshare(CLONE_NEWNET)); }
PROBE(unshare_ipc, "shared memory outside of its limits") { return got(unshare(CLONE_NEWIPC)); }
PROBE(unshare_uts, "a host name of its choice") { return got(unshare(CLONE_NEWUTS)); }
PROBE(unshare_cgroup, "a view of cgroups that hides its own") { return got(unshare(CLONE_NEWCGROUP)); }
PROBE(unshare_time, "a clock of its own") { return got(unshare(CLONE_NEWTIME)); }
PROBE(clone_user, "the same by clone, which names it in an argument") { return cloned(CLONE_NEWUSER); }
PROBE(clone_mount, "the same by clone") { return cloned(CLONE_NEWNS); }
PROBE(clone_pid, "the same by clone") { return cloned(CLONE_NEWPID); }
PROBE(clone_net, "the same by clone") { return cloned(CLONE_NEWNET); }
PROBE(clone_ipc, "the same by clone") { return cloned(CLONE_NEWIPC); }
PROBE(clone_uts, "the same by clone") { return cloned(CLONE_NEWUTS); }
PROBE(clone_cgroup, "the same by clone") { return cloned(CLONE_NEWCGROUP); }
PROBE(clone_user_and_net, "capabilities over a network in one call") { return cloned(CLONE_NEWUSER | CLONE_NEWNET); }
PROBE(clone3_user, "the same by clone3, whose flags no filter can read") { return cloned3(CLONE_NEWUSER); }
PROBE(clone3_mount, "the same by clone3") { return cloned3(CLONE_NEWNS); }
PROBE(clone3_net, "the same by clone3") { return cloned3(CLONE_NEWNET); }
PROBE(setns_mount, "the way back to another's mounts") { return entered("/proc/self/ns/mnt"); }
PROBE(setns_pid, "processes of another namespace") { return entered("/proc/self/ns/pid"); }
PROBE(setns_net, "another's network") { return entered("/proc/self/ns/net"); }
PROBE(setns_ipc, "another's shared memory") { return entered("/proc/self/ns/ipc"); }
PROBE(setns_uts, "another's host name") { return entered("/proc/self/ns/uts"); }
PROBE(setns_cgroup, "another's view of cgroups") { return entered("/proc/self/ns/cgroup"); }
PROBE(setns_first_process, "what the platform's own process inside has") { return entered("/proc/1/ns/mnt"); }
PROBE(setns_pidfd, "all namespaces of a process at once") {
  int fd = syscall(SYS_pidfd_open, 1, 0);
  return fd < 0 ? CLOSED : got(setns(fd, CLONE_NEWNS | CLONE_NEWNET));
}
