/*
 * shim: enters the place where a program shall run, then becomes that program. Options are carried out in the order
 * in which they stand, so the caller decides e.g. that the cgroup is joined before the namespace is entered.
 *
 *   --pid FILE            make FILE (it must not exist) with "<pid> <start time>"; whoever makes it first decides
 *   --cgroup DIR          join this cgroup (one directory per hierarchy)
 *   --netns PATH          enter a network namespace
 *   --mntns PATH          enter a mount namespace
 *   --sysctl KEY=VALUE    write below /proc/sys, KEY with slashes
 *   --private-mounts      own mount namespace, nothing of it is seen outside and all of it ends with us
 *   --tmpfs DIR:MB:UID    size-limited tmpfs with the folders upper (owned by UID) and work
 *   --disk DEVICE:DIR     make DIR and mount the ext4 file system of a block device there
 *   --overlay DIR:DATA    overlay file system with these mount options; DIR is made where it is missing
 *   --bind FROM:TO        bind mount; TO is made where it is missing
 *   --scratch DIR         small tmpfs that everybody may enter; hides what was there
 *   --sysfs NETNS:DIR     read-only sysfs as this network namespace sees it; DIR is made where it is missing
 *   --read|--append|--listen FILE   open FILE (or a listening unix socket); passed on as descriptor 3, 4, ...
 *   --stdio FILE          stdin from /dev/null, stdout and stderr appended to FILE
 *   --env KEY=VALUE       the environment is emptied by the first of these
 *   --pidns               own pid, ipc and mount namespace; everything in it ends with us
 *   --oom N               our oom_score_adj, and that of all we become
 *   --go FD               wait for a byte from this descriptor and close it; its end without one is ours
 *   --peer                print "<uid> <pid>" of the peer of the unix socket on stdin, and end
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int passed = 0;
static pid_t child = 0;

static void die(const char *what, const char *on) {
  fprintf(stderr, "skypanel shim: %s %s: %s\n", what, on, strerror(errno));
  exit(71);
}

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) die("cannot write", path);
  close(fd);
}

static char *after(char *text, char mark) {
  char *at = strchr(text, mark);
  if (at == NULL) errno = EINVAL, die("malformed argument", text);
  *at = 0;
  return at + 1;
}

static void write_pid(const char *path) {
  char stat[1024], text[64];
  unsigned long long start = 0;
  int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read(fd, stat, sizeof stat - 1);
  if (n < 0) die("cannot read", "/proc/self/stat");
  stat[n] = 0;
  close(fd);
  /* Field 22, counted from behind the command name, which may hold anything. */
  char *at = strrchr(stat, ')');
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  if (at != NULL) start = strtoull(at + 1, NULL, 10);
  fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) die("this start was given up, cannot make", path);
  int length = snprintf(text, sizeof text, "%d %llu\n", getpid(), start);
  if (write(fd, text, length) != length) die("cannot write", path);
  close(fd);
}

static void enter(const char *path, int kind) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns(fd, kind) < 0) die("cannot enter namespace", path);
  close(fd);
}

static void private_mounts(void) {
  if (unshare(CLONE_NEWNS) < 0) die("cannot make", "a mount namespace");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) die("cannot make private", "/");
}

static void tmpfs(char *arg) {
  char data[64], path[4096];
  char *mb = after(arg, ':'), *owner = after(mb, ':');
  uid_t uid = (uid_t)strtoul(owner, NULL, 10);
  snprintf(data, sizeof data, "mode=0755,size=%sm,nr_inodes=%lu", mb, strtoul(mb, NULL, 10) * 256 + 1024);
  if (mount("tmpfs", arg, "tmpfs", MS_NOSUID | MS_NODEV, data) < 0) die("cannot mount tmpfs on", arg);
  snprintf(path, sizeof path, "%s/work", arg);
  if (mkdir(path, 0755) < 0) die("cannot make", path);
  snprintf(path, sizeof path, "%s/upper", arg);
  if (mkdir(path, 0755) < 0 || chown(path, uid, uid) < 0) die("cannot make", path);
}

static void scratch(const char *path) {
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m") < 0) die("cannot mount tmpfs on", path);
}

/* Of what kind the place is goes by what shall be mounted there. */
static void make_place(const char *path, const char *like) {
  struct stat kind;
  if (stat(like, &kind) < 0) die("cannot find", like);
  int fd = S_ISDIR(kind.st_mode) ? -1 : open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
  if (S_ISDIR(kind.st_mode) ? mkdir(path, 0755) < 0 && errno != EEXIST : fd < 0) die("cannot make", path);
  if (fd >= 0) close(fd);
}

static void bind_to(char *arg) {
  char *to = after(arg, ':');
  if (access(to, F_OK) < 0) make_place(to, arg);
  if (mount(arg, to, NULL, MS_BIND, NULL) < 0) die("cannot bind", to);
}

/* It shows the links of the namespace in which it is mounted; ours stays as it is. */
static void sysfs(char *arg) {
  char *path = after(arg, ':');
  int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  enter(arg, CLONE_NEWNET);
  make_place(path, "/");
  if (mount("sysfs", path, "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) die("cannot mount sysfs on", path);
  if (own < 0 || setns(own, CLONE_NEWNET) < 0) die("cannot go back to", "the machine's network namespace");
  close(own);
}

static void overlay(char *arg) {
  char *data = after(arg, ':');
  make_place(arg, "/");
  if (mount("overlay", arg, "overlay", MS_NOSUID | MS_NODEV, data) < 0) die("cannot mount overlay on", arg);
}

static void disk(char *arg) {
  char *to = after(arg, ':');
  if (mkdir(to, 0700) < 0 && errno != EEXIST) die("cannot make", to);
  if (mount(arg, to, "ext4", MS_NOSUID | MS_NODEV, NULL) < 0) die("cannot mount a volume on", to);
}

static void keep(int fd, const char *path) {
  int want = 3 + passed++;
  if (fd < 0) die("cannot open", path);
  if (fd != want) {
    if (dup2(fd, want) < 0) die("cannot pass on", path);
    close(fd);
  }
  fcntl(want, F_SETFD, 0);
}

static void listen_on(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) errno = ENAMETOOLONG, die("cannot listen on", path);
  strcpy(address.sun_path, path);
  unlink(path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0600) < 0 || listen(fd, 4) < 0)
    die("cannot listen on", path);
  keep(fd, path);
}

static void stdio(const char *path) {
  int in = open("/dev/null", O_RDONLY), out = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (in < 0 || out < 0) die("cannot open", path);
  dup2(in, 0);
  dup2(out, 1);
  dup2(out, 2);
  if (in > 2) close(in);
  if (out > 2) close(out);
}

static void forward(int number) {
  if (child > 0) kill(child, number);
}

/* The parent only waits: the namespace's init is its child and dies with it, and with that one everything inside. */
static void pid_namespace(void) {
  int status;
  if (unshare(CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS) < 0) die("cannot make", "namespaces");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) die("cannot make private", "/");
  child = fork();
  if (child < 0) die("cannot fork", "");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) die("cannot mount", "/proc");
    /* Init of a pid namespace has no default signal handling; the program gets an init above itself. */
    pid_t program = fork();
    if (program < 0) die("cannot fork", "");
    if (program == 0) return;
    child = program;
    signal(SIGTERM, forward);
    signal(SIGINT, forward);
    for (;;) {
      pid_t ended = waitpid(-1, &status, 0);
      if (ended == program) _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
      if (ended < 0 && errno == ECHILD) _exit(70);
    }
  }
  signal(SIGTERM, forward);
  signal(SIGINT, forward);
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) _exit(70);
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void await_go(int fd) {
  char word;
  ssize_t n;
  while ((n = read(fd, &word, 1)) < 0 && errno == EINTR);
  if (n != 1) errno = ECANCELED, die("this start was given up", "");
  close(fd);
}

static int peer(void) {
  struct ucred who;
  socklen_t size = sizeof who;
  if (getsockopt(0, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0) die("no peer on", "stdin");
  printf("%u %d\n", who.uid, who.pid);
  return 0;
}

int main(int argc, char **argv) {
  int i = 1, cleared = 0;
  char path[4096], number[32];
  for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
    const char *option = argv[i];
    if (!strcmp(option, "--peer")) return peer();
    if (!strcmp(option, "--private-mounts")) { private_mounts(); continue; }
    if (!strcmp(option, "--pidns")) { pid_namespace(); continue; }
    char *arg = ++i < argc ? argv[i] : "";
    if (!strcmp(option, "--pid")) write_pid(arg);
    else if (!strcmp(option, "--cgroup")) snprintf(path, sizeof path, "%s/cgroup.procs", arg), put(path, "0");
    else if (!strcmp(option, "--netns")) enter(arg, CLONE_NEWNET);
    else if (!strcmp(option, "--mntns")) enter(arg, CLONE_NEWNS);
    else if (!strcmp(option, "--sysctl")) { char *value = after(arg, '='); snprintf(path, sizeof path, "/proc/sys/%s", arg); put(path, value); }
    else if (!strcmp(option, "--go")) await_go(atoi(arg));
    else if (!strcmp(option, "--oom")) put("/proc/self/oom_score_adj", arg);
    else if (!strcmp(option, "--tmpfs")) tmpfs(arg);
    else if (!strcmp(option, "--overlay")) overlay(arg);
    else if (!strcmp(option, "--disk")) disk(arg);
    else if (!strcmp(option, "--bind")) bind_to(arg);
    else if (!strcmp(option, "--scratch")) scratch(arg);
    else if (!strcmp(option, "--sysfs")) sysfs(arg);
    else if (!strcmp(option, "--read")) keep(open(arg, O_RDONLY), arg);
    else if (!strcmp(option, "--append")) keep(open(arg, O_WRONLY | O_APPEND), arg);
    else if (!strcmp(option, "--listen")) listen_on(arg);
    else if (!strcmp(option, "--stdio")) stdio(arg);
    else if (!strcmp(option, "--env")) { if (!cleared++) clearenv(); if (putenv(arg)) die("cannot set", arg); }
    else { errno = EINVAL; die("unknown option", option); }
  }
  if (i + 1 >= argc) { errno = EINVAL; die("no program given", ""); }
  if (passed > 0) {
    snprintf(number, sizeof number, "%d", passed), setenv("LISTEN_FDS", number, 1);
    snprintf(number, sizeof number, "%d", getpid()), setenv("LISTEN_PID", number, 1);
  }
  execv(argv[i + 1], argv + i + 1);
  die("cannot run", argv[i + 1]);
}
