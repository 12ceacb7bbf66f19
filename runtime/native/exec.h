/*
 * A command inside a running instance. Whoever connects gets a process of its own, forked off init: namespaces, cgroup,
 * user, filter and no-new-privs are init's, so there is nothing to apply and nothing that could be forgotten. Only root
 * outside can connect; what it sends is read here, with no right that the app has not.
 *
 * The first frame (F_COMMAND) is a list of strings, each ended by a NUL: the window's size as ROWSxCOLUMNS (0x0: no
 * terminal), variables that come before the instance's own, an empty string, the command's words. The last frame from
 * us (F_EXIT) tells how the command ended: `{"code":0}` or `{"signal":9}`.
 */
enum { COMMAND_WAIT_MS = 10000, GRACE_SECONDS = 10 };

struct order {
  int rows, columns;
  char **argv, **environment;
};

static int same_name(const char *one, const char *other) {
  size_t name = strcspn(one, "=");
  return !strncmp(one, other, name) && other[name] == '=';
}

static int overridden(const char *entry, char **by, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (same_name(by[i], entry)) return 1;
  return 0;
}

/* The payload stays in memory for as long as the process lives: the strings are used where they lie. */
static int read_order(char *text, size_t size, char **own, struct order *order) {
  size_t strings = 0, inherited = 0, count = 0, word = 0;
  if (size == 0 || text[size - 1] != 0) return -1;
  for (size_t i = 0; i < size; i++) strings += text[i] == 0;
  while (own[inherited] != NULL) inherited++;
  order->environment = calloc(strings + inherited + 1, sizeof(char *));
  order->argv = calloc(strings + 1, sizeof(char *));
  if (order->environment == NULL || order->argv == NULL) return -1;
  char *at = text, *end = text + size;
  if (sscanf(at, "%dx%d", &order->rows, &order->columns) != 2) return -1;
  for (at += strlen(at) + 1; at < end && *at != 0; at += strlen(at) + 1) order->environment[count++] = at;
  size_t extra = count;
  for (at++; at < end; at += strlen(at) + 1) order->argv[word++] = at;
  for (char **entry = own; *entry != NULL; entry++)
    if (!overridden(*entry, order->environment, extra)) order->environment[count++] = *entry;
  return word > 0 ? 0 : -1;
}

/* Reads the first frame and takes it out of the buffer; its payload is the caller's. */
static char *await_order(struct attach *a, size_t *size) {
  struct pollfd wait = {.fd = a->client, .events = POLLIN};
  while (!frame_ready(a)) {
    if (a->from_size >= FRAME + 5 || poll(&wait, 1, COMMAND_WAIT_MS) <= 0) return NULL;
    ssize_t n = recv(a->client, a->from + a->from_size, FRAME + 5 - a->from_size, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return NULL;
    if (n > 0) a->from_size += n;
  }
  if (a->from[0] != F_COMMAND) return NULL;
  *size = (size_t)a->from[3] << 8 | a->from[4] | (size_t)a->from[2] << 16;
  char *payload = malloc(*size + 1);
  if (payload == NULL) return NULL;
  memcpy(payload, a->from + 5, *size);
  a->from_size -= 5 + *size;
  memmove(a->from, a->from + 5 + *size, a->from_size);
  return payload;
}

static void refuse(struct attach *a, const char *what) {
  char text[512];
  snprintf(text, sizeof text, "skypanel: %s: %s\n", what, strerror(errno));
  attach_say(a, F_STDERR, text);
  attach_say(a, F_EXIT, "{\"code\":71}");
}

static void serve_command(int client, char **own, int signals) {
  struct attach line;
  struct order order = {0};
  struct signalfd_siginfo info;
  char *payload, text[64];
  size_t size = 0;
  int status = 0, hung_up = 0;
  if (attach_begin(&line, client) < 0) return;
  if ((payload = await_order(&line, &size)) == NULL) return;
  if (read_order(payload, size, own, &order) < 0) { errno = EINVAL; return refuse(&line, "cannot read the order"); }
  if (attach_streams(&line, order.rows, order.columns) < 0) return refuse(&line, "cannot open a terminal or pipes");
  pid_t app = fork();
  if (app < 0) return refuse(&line, "cannot start another process");
  if (app == 0) {
    setsid();
    attach_child(&line);
    complaints = 2;
    become(order.argv, order.environment);
  }
  line.group = app;
  attach_parent(&line);
  for (pid_t ended = 0; ended != app;) {
    attach_turn(&line, signals);
    while (read(signals, &info, sizeof info) == sizeof info)
      if (info.ssi_signo == SIGALRM) kill(-app, SIGKILL), kill(app, SIGKILL);
    /* Whoever does not hear that its terminal is gone is ended. */
    if (line.client < 0 && !hung_up++) alarm(GRACE_SECONDS);
    ended = waitpid(app, &status, WNOHANG);
  }
  if (WIFEXITED(status)) snprintf(text, sizeof text, "{\"code\":%d}", WEXITSTATUS(status));
  else snprintf(text, sizeof text, "{\"signal\":%d}", WTERMSIG(status));
  attach_say(&line, F_EXIT, text);
  attach_close(&line);
}

/* The ends of an attached run are init's alone: an open one here would keep its app from seeing the end of its input. */
static void let_go(const struct attach *run) {
  if (run->client >= 0) close(run->client);
  if (run->in >= 0) close(run->in);
  if (run->out >= 0 && run->out != run->in) close(run->out);
  if (run->err >= 0) close(run->err);
}

static void take_commands(int listener, const struct attach *run, char **environment, int signals) {
  int client;
  while ((client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
    pid_t one = fork();
    if (one == 0) {
      if (run != NULL) let_go(run);
      serve_command(client, environment, signals);
      _exit(0);
    }
    struct attach line;
    if (one < 0 && attach_begin(&line, client) == 0) {
      refuse(&line, "the instance can have no more processes");
      free(line.from), free(line.to);
    }
    close(client);
  }
}
