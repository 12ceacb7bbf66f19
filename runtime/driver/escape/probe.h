/*
 * What a probe is. Each one tries to get at something that a stranger's code must not have, says what would be gained,
 * and does no harm where it succeeds: it opens and does not write, asks with arguments that cannot be carried out once
 * the permission was checked (`past`), or changes only what its own process or throw-away namespace has.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLOSED = 0, OPEN = 1 };

struct probe {
  const char *name, *gain;
  int (*attempt)(void);
  int host;                               /* its control stands in the host's own namespaces */
};

static struct probe probes[400];
static int count = 0;

#define DEFINE(of_host, id, gain)                               \
  static int probe_##id(void);                                  \
  __attribute__((constructor)) static void add_##id(void) {     \
    probes[count++] = (struct probe){#id, gain, probe_##id, of_host}; \
  }                                                             \
  static int probe_##id(void)
#define PROBE(id, gain) DEFINE(0, id, gain)
/* Against something that the test has put onto the machine itself: a listener, a process, a file. */
#define HOST_PROBE(id, gain) DEFINE(1, id, gain)

static char **words;

/* The value of a word `key=value` of the command line. */
static const char *given(const char *key) {
  size_t n = strlen(key);
  for (char **word = words; *word != NULL; word++)
    if (!strncmp(*word, key, n) && (*word)[n] == '=') return *word + n + 1;
  fprintf(stderr, "no %s= was given\n", key);
  exit(64);
}

static int got(long result) { return result < 0 ? CLOSED : OPEN; }

/* For calls whose success would change the machine: open when the kernel objected to the arguments, not to us. */
static int past(long result) {
  if (result >= 0) return OPEN;
  return errno == EPERM || errno == EACCES || errno == ENOSYS || errno == EAFNOSUPPORT ? CLOSED : OPEN;
}

static int reach(const char *path, int flags) {
  return got(open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

/* A path in the folder that the probe may write to, here and in every place that it is compared with. */
static const char *in_room(const char *name) {
  static char path[4][4096];
  static int at = 0;
  at = (at + 1) % 4;
  snprintf(path[at], sizeof path[at], "%s/%s", given("room"), name);
  return path[at];
}

static const char *folder_in_room(const char *name) {
  const char *path = in_room(name);
  mkdir(path, 0777);
  return path;
}

/* A process of our own that stays until we end. */
static pid_t sleeper(void) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}
