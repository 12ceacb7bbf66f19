/* What the test has put outside: a process, sockets, shared memory, files; and what nobody must do to files. */
#include <linux/fs.h>
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/un.h>
#include <sys/xattr.h>

static pid_t host_pid(void) { return atoi(given("pid")); }

static int host_file(const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/proc/%d/%s", host_pid(), name);
  return reach(path, O_RDONLY);
}

HOST_PROBE(host_process_signal, "the end of any process") { return got(kill(host_pid(), 0)); }
HOST_PROBE(host_process_environment, "secrets of any process") { return host_file("environ"); }
HOST_PROBE(host_process_root, "the host's files") { return host_file("root/etc"); }
HOST_PROBE(host_process_memory, "the memory of any process") { return host_file("mem"); }
HOST_PROBE(host_process_descriptor, "open files of any process") { return host_file("fd"); }
HOST_PROBE(host_process_namespace, "namespaces of the host") { return host_file("ns/net"); }
HOST_PROBE(host_process_handle, "a handle on any process") { return got(syscall(SYS_pidfd_open, host_pid(), 0)); }
HOST_PROBE(host_process_limits, "the limits of any process") {
  struct rlimit limit;
  return got(prlimit(host_pid(), RLIMIT_NOFILE, NULL, &limit));
}
HOST_PROBE(host_process_processors, "where any process runs") {
  cpu_set_t set;
  return got(sched_getaffinity(host_pid(), sizeof set, &set));
}
HOST_PROBE(host_process_scheduling, "when any process runs") { return got(sched_getscheduler(host_pid())); }

static int spoken(const char *name, int abstract) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  snprintf(to.sun_path + abstract, sizeof to.sun_path - 1, "%s", name);
  socklen_t size = offsetof(struct sockaddr_un, sun_path) + abstract + strlen(name) + !abstract;
  return got(connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&to, size));
}
HOST_PROBE(host_abstract_socket, "services of the host that listen without a file") {
  return spoken(given("abstract"), 1);
}
HOST_PROBE(host_socket_file, "the platform's own socket") { return spoken(given("socket"), 0); }
HOST_PROBE(host_shared_memory, "memory that processes of the host share") {
  return got(shmget(atoi(given("key")), 0, 0));
}
HOST_PROBE(host_semaphore, "locks of the host") { return got(semget(atoi(given("key")), 0, 0)); }
HOST_PROBE(host_message_queue, "messages of the host") { return got(msgget(atoi(given("key")), 0)); }
HOST_PROBE(host_named_queue, "messages of the host, by name") { return got(mq_open(given("queue"), O_RDONLY)); }
HOST_PROBE(host_shm_file, "memory that processes of the host share, by name") {
  return got(shm_open(given("shm"), O_RDONLY, 0));
}
HOST_PROBE(host_cgroup, "a group of its own outside of its limits") {
  char path[4096];
  snprintf(path, sizeof path, "%s/probe", given("cgroup"));
  if (mkdir(path, 0755) < 0) return CLOSED;
  return got(rmdir(path));
}
HOST_PROBE(host_cgroup_limit, "the limits of another") {
  char path[4096];
  snprintf(path, sizeof path, "%s/cgroup.procs", given("cgroup"));
  return reach(path, O_WRONLY);
}
HOST_PROBE(host_interface, "the host's own network interfaces") {
  char path[256];
  snprintf(path, sizeof path, "/sys/class/net/%s/address", given("interface"));
  return reach(path, O_RDONLY);
}

HOST_PROBE(secret_by_path, "files of the platform") { return reach(given("secret"), O_RDONLY); }
HOST_PROBE(secret_by_symbolic_link, "files of the platform, by a link that points out") {
  unlink(in_room("link"));
  if (symlink(given("secret"), in_room("link")) < 0) return CLOSED;
  return reach(in_room("link"), O_RDONLY);
}
HOST_PROBE(secret_by_folder_link, "files of the platform, by a link to the root") {
  char path[8192];
  unlink(in_room("up"));
  if (symlink("/proc/self/root/../../../..", in_room("up")) < 0) return CLOSED;
  snprintf(path, sizeof path, "%s%s", in_room("up"), given("secret"));
  return reach(path, O_RDONLY);
}
HOST_PROBE(secret_by_climbing, "files of the platform, by going up") {
  char path[8192];
  snprintf(path, sizeof path, "../../../../../../../../../../../../../../../..%s", given("secret"));
  return reach(path, O_RDONLY);
}
PROBE(secret_by_first_process, "files of the platform, by what init sees") {
  char path[8192];
  snprintf(path, sizeof path, "/proc/1/root%s", given("secret"));
  return reach(path, O_RDONLY);
}
HOST_PROBE(secret_by_inherited_descriptor, "files of the platform, by a folder left open") {
  for (int fd = 3; fd < 1024; fd++) {
    int file = openat(fd, given("secret") + 1, O_RDONLY | O_CLOEXEC);
    if (file >= 0) return OPEN;
  }
  return CLOSED;
}
HOST_PROBE(secret_by_hard_link, "files of the platform, by a second name in its own folder") {
  unlink(in_room("hard"));
  return got(link(given("secret"), in_room("hard")));
}
HOST_PROBE(other_release, "another app's code and the values in it") { return reach(given("foreign"), O_RDONLY); }
HOST_PROBE(instance_folder, "its own status, variables and logs on the host") {
  return reach(given("instance"), O_RDONLY | O_DIRECTORY);
}
HOST_PROBE(release_changed, "the files that all instances of the release share") {
  return reach(given("code"), O_WRONLY);
}
HOST_PROBE(release_linked, "a name of its own for a file of the release") {
  unlink(in_room("code"));
  return got(link(given("code"), in_room("code")));
}
HOST_PROBE(release_owned, "the files of the release, taken over") { return got(chown(given("code"), 0, 0)); }
HOST_PROBE(release_mode, "the files of the release, with other rights") { return got(chmod(given("code"), 0644)); }

PROBE(accounts, "everybody's passwords") { return reach("/etc/shadow", O_RDONLY); }
#define PLACE(id, path, gain) PROBE(write_in_##id, gain) { return got(open(path, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)); }
PLACE(root, "/", "files that others find")
PLACE(programs, "/usr/bin", "programs that others run")
PLACE(settings, "/etc", "settings of the system")
PLACE(home_of_root, "/root", "what root runs")
PLACE(libraries, "/usr/lib", "code that others load")

static int own_file(void) { return open(in_room("own"), O_RDWR | O_CREAT | O_CLOEXEC, 0644); }
PROBE(give_file_away, "files in the name of others") { return got(fchown(own_file(), 12345, 12345)); }
PROBE(file_with_capability, "a program with rights of root") {
  unsigned char data[20] = {0, 0, 0, 2, 1};
  return got(fsetxattr(own_file(), "security.capability", data, sizeof data, 0));
}
PROBE(trusted_attribute, "what the overlay believes of a file") {
  return got(fsetxattr(own_file(), "trusted.overlay.redirect", "/", 1, 0));
}
PROBE(file_for_ever, "a file that nobody can remove") {
  int fd = own_file(), on = FS_IMMUTABLE_FL, off = 0;
  long result = ioctl(fd, FS_IOC_SETFLAGS, &on);
  int error = errno;
  if (result == 0) ioctl(fd, FS_IOC_SETFLAGS, &off);
  errno = error;
  return got(result);
}
