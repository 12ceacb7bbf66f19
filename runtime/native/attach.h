/*
 * The stream of an attached run, and of a command inside a running instance: frames `type byte, length uint32
 * big-endian, payload` (see runs.ts) between one client and the app's pipes or pty. Neither side can make us buffer:
 * what one does not take, the other has to wait for.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

enum { F_STDIN = 0, F_END = 1, F_RESIZE = 2, F_SIGNAL = 3, F_COMMAND = 4, F_STDOUT = 16, F_STDERR = 17, F_EXIT = 18 };
enum { FRAME = 65536, ATTACH_WAIT_MS = 60000 };

struct attach {
  int client, pty, in, out, err;          /* our ends; with a pty in == out == master */
  int child_in, child_out, child_err;
  int also;                               /* waited for beside the rest, and left to the caller; -1: nothing */
  pid_t group;                            /* whom signals go to; 0: everybody in the instance */
  unsigned char *from, *to;               /* what was read from the client; what is to be written to it */
  size_t from_size, to_size, to_done;
};

static int attach_begin(struct attach *a, int client) {
  memset(a, 0, sizeof *a);
  a->client = client;
  a->in = a->out = a->err = a->also = -1;
  a->from = malloc(FRAME + 5);
  a->to = malloc(FRAME + 5);
  return client < 0 || a->from == NULL || a->to == NULL ? -1 : 0;
}

static int attach_wait(struct attach *a, int listener) {
  struct pollfd wait = {.fd = listener, .events = POLLIN};
  if (poll(&wait, 1, ATTACH_WAIT_MS) <= 0) return -1;
  return attach_begin(a, accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

/* Pipes for the app, or a pty where there are rows. */
static int attach_streams(struct attach *a, int rows, int columns) {
  int in[2], out[2], err[2];
  a->pty = rows > 0;
  if (a->pty) {
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    if (openpty(&a->in, &a->child_in, NULL, NULL, &size) < 0) return -1;
    a->out = a->in;
    a->err = -1;
    a->child_out = a->child_err = a->child_in;
    fcntl(a->in, F_SETFD, FD_CLOEXEC);
    fcntl(a->child_in, F_SETFD, FD_CLOEXEC);
  } else {
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0) return -1;
    a->child_in = in[0], a->in = in[1], a->out = out[0], a->child_out = out[1], a->err = err[0], a->child_err = err[1];
    fcntl(a->err, F_SETFL, O_NONBLOCK);
  }
  fcntl(a->in, F_SETFL, O_NONBLOCK);
  fcntl(a->out, F_SETFL, O_NONBLOCK);
  return 0;
}

static void attach_child(struct attach *a) {
  if (a->pty) ioctl(a->child_in, TIOCSCTTY, 0);
  dup2(a->child_in, 0);
  dup2(a->child_out, 1);
  dup2(a->child_err, 2);
}

static void attach_parent(struct attach *a) {
  close(a->child_in);
  if (!a->pty) close(a->child_out), close(a->child_err);
}

static void end_input(struct attach *a) {
  if (a->in < 0) return;
  if (a->pty) { if (write(a->in, "\4", 1) < 0) return; }
  else close(a->in), a->in = -1;
}

static void signal_app(struct attach *a, int number) {
  pid_t front = a->group > 0 && a->pty && a->in >= 0 ? tcgetpgrp(a->in) : 0;
  if (front > 1 && front != a->group) kill(-front, number);
  kill(a->group > 0 ? -a->group : -1, number);
}

/* The client is gone: the app hears it as from a terminal that was closed. */
static void hang_up(struct attach *a) {
  if (a->client >= 0) close(a->client);
  a->client = -1;
  a->to_size = a->to_done = 0;
  if (!a->pty) end_input(a);
  signal_app(a, SIGHUP);
}

static int number_after(const char *text, const char *key) {
  const char *at = strstr(text, key);
  while (at != NULL && *at != 0 && (*at < '0' || *at > '9')) at++;
  return at == NULL ? 0 : atoi(at);
}

static void send_signal(struct attach *a, const char *name) {
  static const struct { const char *name; int number; } known[] = {
    {"SIGINT", SIGINT}, {"SIGTERM", SIGTERM}, {"SIGHUP", SIGHUP}, {"SIGQUIT", SIGQUIT}, {"SIGKILL", SIGKILL},
    {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGTSTP", SIGTSTP}, {"SIGCONT", SIGCONT}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (!strcmp(known[i].name, name)) signal_app(a, known[i].number);
}

/* Carries out the frame at the start of the buffer. Returns what it used; 0: more is needed; -1: not now. */
static ssize_t take_frame(struct attach *a) {
  if (a->from_size < 5) return 0;
  uint32_t length = (uint32_t)a->from[1] << 24 | a->from[2] << 16 | a->from[3] << 8 | a->from[4];
  char text[256];
  if (length > FRAME) { hang_up(a); return 0; }
  if (a->from_size < 5 + length) return 0;
  unsigned char *payload = a->from + 5;
  size_t small = length < sizeof text - 1 ? length : sizeof text - 1;
  memcpy(text, payload, small);
  text[small] = 0;
  if (a->from[0] == F_STDIN && a->in >= 0 && length > 0) {
    ssize_t n = write(a->in, payload, length);
    if (n < 0 && errno == EAGAIN) return -1;
    if (n >= 0 && (uint32_t)n < length) {
      /* The rest becomes a frame of its own. */
      uint32_t rest = length - (uint32_t)n;
      memmove(payload, payload + n, a->from_size - 5 - n);
      a->from_size -= n;
      a->from[1] = rest >> 24, a->from[2] = rest >> 16, a->from[3] = rest >> 8, a->from[4] = rest;
      return -1;
    }
  } else if (a->from[0] == F_END) end_input(a);
  else if (a->from[0] == F_RESIZE && a->pty) {
    struct winsize size = {.ws_row = number_after(text, "rows"), .ws_col = number_after(text, "columns")};
    ioctl(a->in, TIOCSWINSZ, &size);
  } else if (a->from[0] == F_SIGNAL) send_signal(a, text);
  return 5 + (ssize_t)length;
}

/* Whether a whole frame is there. */
static int frame_ready(const struct attach *a) {
  if (a->from_size < 5) return 0;
  return a->from_size - 5 >= ((uint32_t)a->from[1] << 24 | a->from[2] << 16 | a->from[3] << 8 | a->from[4]);
}

/* True when the app has to read before the next frame can be taken. */
static int take_frames(struct attach *a) {
  ssize_t used = 0;
  while (a->client >= 0 && (used = take_frame(a)) > 0) {
    memmove(a->from, a->from + used, a->from_size - used);
    a->from_size -= used;
  }
  return a->client >= 0 && used < 0;
}

static void read_app(struct attach *a, int *fd, unsigned char type) {
  ssize_t n = read(*fd, a->to + 5, FRAME);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    if (!a->pty) close(*fd);
    *fd = -1;
    return;
  }
  if (a->client < 0) return;
  a->to[0] = type, a->to[1] = n >> 24, a->to[2] = n >> 16, a->to[3] = n >> 8, a->to[4] = n;
  a->to_size = 5 + n;
  a->to_done = 0;
}

static void write_client(struct attach *a) {
  ssize_t n = send(a->client, a->to + a->to_done, a->to_size - a->to_done, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) hang_up(a);
  else if (n > 0 && (a->to_done += n) == a->to_size) a->to_size = a->to_done = 0;
}

/* One turn: waits for a signal or for whatever can be moved, and moves it. */
static void attach_turn(struct attach *a, int signals) {
  int full = take_frames(a);
  struct pollfd wait[6] = {
    {.fd = signals, .events = POLLIN},
    {.fd = a->client, .events = (a->to_size > 0 ? POLLOUT : 0) | (a->from_size < FRAME + 5 && !full ? POLLIN : 0)},
    {.fd = a->to_size == 0 ? a->out : -1, .events = POLLIN},
    {.fd = a->to_size == 0 ? a->err : -1, .events = POLLIN},
    {.fd = full ? a->in : -1, .events = POLLOUT},
    {.fd = a->also, .events = POLLIN}};
  if (poll(wait, 6, -1) < 0) return;
  if (wait[1].revents & POLLOUT) write_client(a);
  if (a->client >= 0 && wait[1].revents & (POLLIN | POLLHUP | POLLERR) && a->from_size < FRAME + 5) {
    ssize_t n = recv(a->client, a->from + a->from_size, FRAME + 5 - a->from_size, 0);
    if (n > 0) a->from_size += n;
    else if (n == 0 || errno != EAGAIN) hang_up(a);
  }
  if (a->to_size == 0 && wait[2].revents) read_app(a, &a->out, F_STDOUT);
  if (a->to_size == 0 && wait[3].revents) read_app(a, &a->err, F_STDERR);
}

/* The app has ended: what it still wrote goes to the client, who has ten seconds for it. */
static void attach_drain(struct attach *a) {
  for (int idle = 0; a->client >= 0 && idle < 100;) {
    if (a->to_size > 0) {
      struct pollfd wait = {.fd = a->client, .events = POLLOUT};
      if (poll(&wait, 1, 100) <= 0) idle++;
      else write_client(a);
      continue;
    }
    if (a->out >= 0) read_app(a, &a->out, F_STDOUT);
    if (a->to_size == 0 && a->err >= 0) read_app(a, &a->err, F_STDERR);
    if (a->to_size == 0) break;
  }
}

/* Behind all that was written before. */
static void attach_say(struct attach *a, unsigned char type, const char *text) {
  size_t n = strlen(text);
  attach_drain(a);
  if (a->client < 0 || a->to_size > 0 || n > FRAME) return;
  memcpy(a->to + 5, text, n);
  a->to[0] = type, a->to[1] = a->to[2] = 0, a->to[3] = n >> 8, a->to[4] = n;
  a->to_size = 5 + n;
  a->to_done = 0;
  attach_drain(a);
}

static void attach_close(struct attach *a) {
  attach_drain(a);
  if (a->client >= 0) close(a->client);
}
