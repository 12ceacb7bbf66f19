/* Rights: of the process itself, and ways to get more of them. */
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/resource.h>

PROBE(no_new_privileges_is_off, "the rights of any setuid program that it finds") {
  return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? OPEN : CLOSED;
}
PROBE(filter_is_off, "every system call of the kernel") {
  return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0 ? OPEN : CLOSED;
}
PROBE(bounding_set_is_not_empty, "capabilities by way of a program that has them") {
  for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
    if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1) return OPEN;
  return CLOSED;
}
PROBE(capabilities_are_held, "rights of root, one by one") {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};
  if (syscall(SYS_capget, &head, data) < 0) return CLOSED;
  for (int i = 0; i < 2; i++)
    if (data[i].effective | data[i].permitted | data[i].inheritable) return OPEN;
  return CLOSED;
}
PROBE(capset, "a capability that it does not have") {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{.effective = 1u << CAP_CHOWN, .permitted = 1u << CAP_CHOWN}};
  return got(syscall(SYS_capset, &head, data));
}
PROBE(ambient_capability, "a capability for what it starts") {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};
  syscall(SYS_capget, &head, data);
  data[0].inheritable = data[0].permitted;
  syscall(SYS_capset, &head, data);
  return got(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0));
}
PROBE(securebits, "the rules of how rights pass on") { return got(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT)); }
PROBE(setuid_root, "root's files inside") { return got(setuid(0)); }
PROBE(setuid_nobody, "files of another user in its range") { return got(setuid(65534)); }
PROBE(setgid_root, "files of root's group") { return got(setgid(0)); }
PROBE(setgroups, "files of any group") { gid_t none[1] = {42}; return got(setgroups(1, none)); }
PROBE(setresuid, "root by the saved id") { return got(setresuid(0, 0, 0)); }
PROBE(host_user_namespace, "its user id is the host's own") {
  char line[256] = "";
  int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
  unsigned long inside = 1, outside = 1, length = 0;
  if (fd < 0 || read(fd, line, sizeof line - 1) <= 0) return CLOSED;
  return sscanf(line, "%lu %lu %lu", &inside, &outside, &length) == 3 && outside == 0 ? OPEN : CLOSED;
}
PROBE(setuid_program, "the rights of the owner of a program that it can start") {
  pid_t pid = fork();
  int status = 0;
  if (pid == 0) {
    /* Whoever is root already drops it, as it could gain nothing. */
    if (getuid() == 0 && setresuid(12345, 12345, 12345) < 0) _exit(1);
    execl(given("setuid"), "probe", "whoami", NULL);
    _exit(1);
  }
  if (pid < 0 || waitpid(pid, &status, 0) < 0) return CLOSED;
  errno = 0;
  return WIFEXITED(status) && WEXITSTATUS(status) == 42 ? OPEN : CLOSED;
}
PROBE(raise_limit, "more open files and processes than it is given") {
  struct rlimit limit = {100, 100};
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0) return CLOSED;
  limit.rlim_cur = limit.rlim_max = 200;
  return got(setrlimit(RLIMIT_NOFILE, &limit));
}
PROBE(priority, "the processor before everybody else") { return got(setpriority(PRIO_PROCESS, 0, -5)); }
PROBE(realtime, "the processor for itself alone") {
  struct sched_param param = {.sched_priority = 1};
  return got(sched_setscheduler(0, SCHED_FIFO, &param));
}
PROBE(io_priority, "the disk before everybody else") { return got(syscall(SYS_ioprio_set, 1, 0, 1 << 13 | 4)); }
PROBE(never_killed_for_memory, "that others are killed in its place") {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  return fd < 0 ? CLOSED : got(write(fd, "-1000", 5));
}
