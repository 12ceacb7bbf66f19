/*
 * Probes of what confines an instance. `probe key=value…` tries all of them, each in a process of its own, and prints
 * `open NAME` or `closed NAME ERROR`. `control=own` and `control=host` are for root without any confinement: the first
 * tries those that need nothing of the host in namespaces of its own, where what succeeds changes nothing outside and
 * metadata addresses answer; the second tries those that look for what `probe hold` has put onto the machine. That one
 * says `held PORT UDP` and stays. `probe whoami` ends with 42 if it got somebody's rights.
 */
#include "probe.h"
#include "mounts.h"
#include "namespaces.h"
#include "privileges.h"
#include "machine.h"
#include "kernel.h"
#include "proc.h"
#include "network.h"
#include "outside.h"

enum { SECONDS = 5 };

static int is(const char *word) {
  for (char **one = words; *one != NULL; one++)
    if (!strcmp(*one, word)) return 1;
  return 0;
}

static int control = 0;

static void attempt(const struct probe *probe) {
  struct { int answer, error; } told = {CLOSED, 0};
  int line[2], status = 0;
  if (pipe2(line, O_CLOEXEC) < 0) exit(71);
  pid_t pid = fork();
  if (pid < 0) { perror("fork"); exit(71); }
  if (pid == 0) {
    alarm(SECONDS);
    if (control && (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)) _exit(1);
    errno = 0;
    told.answer = probe->attempt();
    told.error = told.answer == OPEN ? 0 : errno;
    if (write(line[1], &told, sizeof told) < 0) _exit(1);
    _exit(0);
  }
  close(line[1]);
  waitpid(pid, &status, 0);
  if (read(line[0], &told, sizeof told) != sizeof told)
    printf("closed %s %s\n", probe->name, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "no answer");
  else if (told.answer == OPEN) printf("open %s\n", probe->name);
  else printf("closed %s %s\n", probe->name, told.error == 0 ? "-" : strerrorname_np(told.error));
  close(line[0]);
  fflush(stdout);
}

static int listening(int type, int port) {
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0), off = 0, on = 1;
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&six, sizeof six) < 0 || (type == SOCK_STREAM && listen(fd, 64) < 0)) { perror("bind"); exit(71); }
  return fd;
}

static void echo(int fd) {
  char text[64];
  for (;;) {
    struct sockaddr_in6 from;
    socklen_t size = sizeof from;
    ssize_t n = recvfrom(fd, text, sizeof text, 0, (struct sockaddr *)&from, &size);
    if (n > 0) sendto(fd, text, n, 0, (struct sockaddr *)&from, size);
  }
}

static int port_number(int fd) {
  struct sockaddr_in6 own;
  socklen_t size = sizeof own;
  getsockname(fd, (struct sockaddr *)&own, &size);
  return ntohs(own.sin6_port);
}

/* Namespaces of our own in which the addresses of every cloud are ours, and somebody answers. */
static void own_world(void) {
  static const char *hosts[] = {"169.254.169.254", "169.254.170.2", "169.254.170.23", "100.100.100.200", "168.63.129.16",
                                "192.0.0.192", "10.0.0.1", "172.17.0.1", "192.168.1.1"};
  struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  if (unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWPID) < 0) {
    perror("unshare");
    exit(71);
  }
  pid_t first = fork();
  int status = 71 << 8;
  if (first != 0) {
    waitpid(first, &status, 0);
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 71);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
  mount("proc", "/proc", "proc", 0, NULL);
  ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFFLAGS, &up);
  for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) own_address(AF_INET, hosts[i], 32);
  own_address(AF_INET6, "fd00:ec2::254", 128);
  listening(SOCK_STREAM, 80);
}

/* Everything that the probes of the host look for; shared memory and queues are removed by `probe release`. */
static int hold(void) {
  struct sockaddr_un abstract = {.sun_family = AF_UNIX}, file = {.sun_family = AF_UNIX};
  int connections = listening(SOCK_STREAM, 0), datagrams = listening(SOCK_DGRAM, 0);
  int one = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf(abstract.sun_path + 1, sizeof abstract.sun_path - 1, "%s", given("abstract"));
  snprintf(file.sun_path, sizeof file.sun_path, "%s", given("socket"));
  if (bind(one, (struct sockaddr *)&abstract, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(given("abstract"))) < 0 ||
      listen(one, 64) < 0 || bind(other, (struct sockaddr *)&file, sizeof file) < 0 || listen(other, 64) < 0) {
    perror("unix socket");
    return 71;
  }
  if (shmget(atoi(given("key")), 4096, IPC_CREAT | 0666) < 0) perror("shmget");
  if (semget(atoi(given("key")), 1, IPC_CREAT | 0666) < 0) perror("semget");
  if (msgget(atoi(given("key")), IPC_CREAT | 0666) < 0) perror("msgget");
  if (mq_open(given("queue"), O_CREAT | O_RDWR, 0666, NULL) < 0) perror("mq_open");
  if (shm_open(given("shm"), O_CREAT | O_RDWR, 0666) < 0) perror("shm_open");
  printf("held %d %d\n", port_number(connections), port_number(datagrams));
  fflush(stdout);
  echo(datagrams);
  return 0;
}

static int release(void) {
  int key = atoi(given("key"));
  shmctl(shmget(key, 0, 0), IPC_RMID, NULL);
  semctl(semget(key, 0, 0), 0, IPC_RMID);
  msgctl(msgget(key, 0), IPC_RMID, NULL);
  mq_unlink(given("queue"));
  shm_unlink(given("shm"));
  return 0;
}

int main(int argc, char **argv) {
  words = argv + 1;
  if (is("whoami")) return geteuid() != getuid() ? 42 : 0;
  if (is("list")) {
    for (int i = 0; i < count; i++) printf("%s\t%s\n", probes[i].name, probes[i].gain);
    return 0;
  }
  if (is("hold")) return hold();
  if (is("release")) return release();
  int own = is("control=own"), host = is("control=host");
  control = own || host;
  if (own) own_world();
  /* As a careless platform would leave it open. */
  if (host && open("/", O_RDONLY) < 0) return 71;
  for (int i = 0; i < count; i++)
    if (!control || probes[i].host == host) attempt(&probes[i]);
  return argc < 2;
}
