/*
 * init: the first process of an instance. `init [--pty ROWSxCOLUMNS] [--cwd DIR] -- argv...`
 *
 * Descriptors that the shim opened as root outside and that the app never sees:
 *   3 environment, NUL-separated   4 status, appended   5 stdout   6 stderr
 *   7 listening socket for commands inside (exec.h)   8 listening socket of an attached run
 * Status lines: "started", then "exit N" or "signal N". They outlive us and the agent, so an exit is never lost.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "filter.h"
#include "attach.h"

enum { ENVIRONMENT = 3, STATUS = 4, OUT = 5, ERR = 6, COMMANDS = 7, LISTENER = 8 };

static int complaints = ERR;

static void nothing(int number) { (void)number; }

static void say(const char *what) {
  dprintf(complaints, "skypanel: %s: %s\n", what, strerror(errno));
}

/* The file is read whole: its strings are the environment, and stay in memory for as long as we live. */
static char **read_environment(void) {
  size_t size = 0, room = 65536, count = 0;
  char *text = malloc(room);
  ssize_t n;
  while (text != NULL && (n = read(ENVIRONMENT, text + size, room - size - 1)) > 0)
    if ((size += n) + 1 >= room) text = realloc(text, room *= 2);
  if (text == NULL) return NULL;
  text[size] = 0;
  for (size_t i = 0; i < size; i++) count += text[i] == 0;
  char **list = calloc(count + 2, sizeof *list);
  if (list == NULL) return NULL;
  count = 0;
  for (char *at = text; at < text + size; at += strlen(at) + 1) list[count++] = at;
  close(ENVIRONMENT);
  return list;
}

static const char *place = "/app";

static void become(char **argv, char **environment) {
  sigset_t none;
  /* After an exec this is on again; it is needed here to be allowed to open our own oom_score_adj. */
  prctl(PR_SET_DUMPABLE, 1);
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd >= 0 && write(fd, "500", 3) < 0) say("oom_score_adj stays as it is");
  if (fd >= 0) close(fd);
  if (chdir(place) < 0) say("cannot enter the app's folder");
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  /* A name without a slash is looked for as the app's own environment says; a shell is always named whole. */
  environ = environment;
  execvp(argv[0], argv);
  say("cannot run the command");
  _exit(127);
}

#include "exec.h"

static void report(int status) {
  if (WIFEXITED(status)) dprintf(STATUS, "exit %d\n", WEXITSTATUS(status));
  else dprintf(STATUS, "signal %d\n", WTERMSIG(status));
}

/* Reaps whatever ended; true once it was the app. */
static int reap(pid_t app, int *status) {
  int one, ended = 0;
  pid_t pid;
  while ((pid = waitpid(-1, &one, WNOHANG)) > 0)
    if (pid == app) *status = one, ended = 1;
  return ended;
}

int main(int argc, char **argv) {
  int rows = 0, columns = 0, i = 1, status = 0, attached, commands;
  sigset_t all;
  struct signalfd_siginfo info;
  /* Nobody inside may look into us: our descriptors and memory belong to the platform. */
  prctl(PR_SET_DUMPABLE, 0);
  /* First of all, so that nothing in here ever runs without it: nspawn's own filter is off. */
  if (load_filter() < 0) { say("cannot load the system call filter"); return 126; }
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  /* The first process of a namespace gets no signal that it has no handler for. */
  signal(SIGTERM, nothing);
  signal(SIGINT, nothing);
  signal(SIGCHLD, nothing);
  const char *passed = getenv("LISTEN_FDS");
  attached = passed != NULL && atoi(passed) > LISTENER - ENVIRONMENT;
  commands = passed != NULL && atoi(passed) > COMMANDS - ENVIRONMENT ? COMMANDS : -1;
  if (commands >= 0) fcntl(commands, F_SETFL, O_NONBLOCK);
  /* What a supervisor left open is neither ours nor the app's. */
  if (syscall(__NR_close_range, attached ? LISTENER + 1 : commands >= 0 ? LISTENER : COMMANDS, ~0U, 0) < 0) { say("cannot close what is not ours"); return 71; }
  for (int fd = ENVIRONMENT; fd <= LISTENER; fd++) fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (i + 1 < argc && !strcmp(argv[i], "--pty")) sscanf(argv[i + 1], "%dx%d", &rows, &columns), i += 2;
  if (i + 1 < argc && !strcmp(argv[i], "--cwd")) place = argv[i + 1], i += 2;
  if (i + 1 >= argc || strcmp(argv[i], "--")) return 64;
  argv += i + 1;
  char **environment = read_environment();
  int signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  if (environment == NULL || signals < 0) { say("cannot set up"); return 71; }
  dprintf(STATUS, "started\n");

  struct attach line;
  if (attached && (attach_wait(&line, LISTENER) < 0 || attach_streams(&line, rows, columns) < 0)) { say("nobody attached"); dprintf(STATUS, "exit 75\n"); return 75; }
  pid_t app = fork();
  if (app < 0) { say("cannot fork"); return 71; }
  if (app == 0) {
    setsid();
    if (attached) attach_child(&line);
    else {
      int null = open("/dev/null", O_RDONLY);
      if (null >= 0) dup2(null, 0), close(null);
      dup2(OUT, 1);
      dup2(ERR, 2);
    }
    become(argv, environment);
  }
  if (attached) attach_parent(&line), line.also = commands;
  else close(OUT);
  for (int ended = 0; !ended;) {
    if (attached) attach_turn(&line, signals);
    else {
      struct pollfd wait[2] = {{.fd = signals, .events = POLLIN}, {.fd = commands, .events = POLLIN}};
      poll(wait, 2, -1);
    }
    while (read(signals, &info, sizeof info) == sizeof info) {
      if (info.ssi_signo == SIGCHLD) continue;
      /* To every process, as Heroku does: shells do not pass signals on. */
      if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) kill(-1, (int)info.ssi_signo);
    }
    if (commands >= 0) take_commands(commands, attached ? &line : NULL, environment, signals);
    ended = reap(app, &status);
  }
  report(status);
  if (attached) attach_close(&line);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
