/*
 * hook: git's pre-receive hook. It only carries: what stands on stdin goes to the platform, what the platform says goes
 * to the pusher, and the push is accepted after nothing but the platform's "ok".
 *
 * Environment: SKYPANEL_HOOK_SOCKET (unix socket), SKYPANEL_PUSH_TOKEN (names the push).
 * Request: one line of JSON {token, after, quarantine, objects, alternates, options}, git's lines
 * "<old> <new> <ref>", an empty line. `after` counts the frames that were seen: a platform that comes back goes on there.
 * Answer: frames `type byte, length uint32 big-endian, payload`; 1 stdout, 2 stderr, 3 decision ("ok" or "no").
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_SECONDS = 60, MAX_REFS = 1 << 20, MAX_FRAME = 1 << 20 };

static unsigned long seen = 0;

static int write_all(int fd, const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    ssize_t n = write(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    at += n, size -= n;
  }
  return 0;
}

static int read_all(int fd, void *data, size_t size) {
  char *at = data;
  while (size > 0) {
    ssize_t n = read(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return -1;
    at += n, size -= n;
  }
  return 0;
}

static void quote(FILE *out, const char *text) {
  fputc('"', out);
  for (; text != NULL && *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') fprintf(out, "\\%c", c);
    else if (c < 32) fprintf(out, "\\u%04x", c);
    else fputc(c, out);
  }
  fputc('"', out);
}

static char *header(void) {
  char *text = NULL, name[64];
  size_t size;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) return NULL;
  const char *count = getenv("GIT_PUSH_OPTION_COUNT");
  fputs("{\"token\":", out), quote(out, getenv("SKYPANEL_PUSH_TOKEN"));
  fprintf(out, ",\"after\":%lu", seen);
  fputs(",\"quarantine\":", out), quote(out, getenv("GIT_QUARANTINE_PATH"));
  fputs(",\"objects\":", out), quote(out, getenv("GIT_OBJECT_DIRECTORY"));
  fputs(",\"alternates\":", out), quote(out, getenv("GIT_ALTERNATE_OBJECT_DIRECTORIES"));
  fputs(",\"options\":[", out);
  for (long i = 0, n = count == NULL ? 0 : strtol(count, NULL, 10); i < n && i < 64; i++) {
    snprintf(name, sizeof name, "GIT_PUSH_OPTION_%ld", i);
    if (i > 0) fputc(',', out);
    quote(out, getenv(name));
  }
  fputs("]}\n", out);
  fclose(out);
  return text;
}

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (path == NULL || strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  if (fd >= 0) close(fd);
  return -1;
}

/* One conversation. 0: accepted, 1: rejected, -1: the platform went away before it decided. */
static int converse(int fd, const char *refs, size_t refs_size) {
  unsigned char head[5];
  char *text = header();
  int failed = text == NULL || write_all(fd, text, strlen(text)) < 0 || write_all(fd, refs, refs_size) < 0 || write_all(fd, "\n", 1) < 0;
  free(text);
  if (failed) return -1;
  while (read_all(fd, head, sizeof head) == 0) {
    uint32_t length = (uint32_t)head[1] << 24 | head[2] << 16 | head[3] << 8 | head[4];
    if (length > MAX_FRAME) return 1;
    char *payload = malloc(length + 1);
    if (payload == NULL) return 1;
    if (read_all(fd, payload, length) < 0) { free(payload); return -1; }
    int decided = head[0] == 3, accepted = decided && length == 2 && !memcmp(payload, "ok", 2);
    /* A pusher who went away is no reason to stop: the build goes on. */
    if (!decided && write_all(head[0] == 2 ? 2 : 1, payload, length) < 0) errno = 0;
    seen++;
    free(payload);
    if (decided) return accepted ? 0 : 1;
  }
  return -1;
}

int main(void) {
  static char refs[MAX_REFS];
  size_t size = 0;
  ssize_t n;
  signal(SIGPIPE, SIG_IGN);
  while (size < sizeof refs && (n = read(0, refs + size, sizeof refs - size)) != 0) {
    if (n < 0 && errno != EINTR) return 1;
    if (n > 0) size += n;
  }
  if (size == sizeof refs) {
    fputs("SkyPanel: too many refs in one push; push them in several.\n", stderr);
    return 1;
  }
  time_t last = time(NULL);
  for (int told = 0; time(NULL) - last < WAIT_SECONDS;) {
    int fd = connect_to(getenv("SKYPANEL_HOOK_SOCKET"));
    if (fd >= 0) {
      unsigned long before = seen;
      int result = converse(fd, refs, size);
      close(fd);
      if (result >= 0) return result;
      if (seen > before) last = time(NULL), told = 0;
    }
    if (!told++) fputs("SkyPanel: the platform is away; waiting for it to come back ...\n", stderr);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
  }
  fputs("SkyPanel: the platform went away; nothing was changed by this push. A build that had begun goes on:\n"
        "watch it with `skypanel releases`, or push again.\n", stderr);
  return 1;
}
