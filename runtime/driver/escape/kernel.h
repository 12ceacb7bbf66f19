/* Interfaces of the kernel that are young, wide, or made for watching others; and other processes. */
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sys/fanotify.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

PROBE(io_uring, "calls that no filter sees") {
  struct io_uring_params params = {0};
  return got(syscall(SYS_io_uring_setup, 4, &params));
}
PROBE(io_uring_enter, "calls that no filter sees, on a ring that it was given") {
  return past(syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
}
PROBE(io_uring_register, "the kernel's hold on its files and memory") {
  return past(syscall(SYS_io_uring_register, -1, 0, NULL, 0));
}
PROBE(page_faults, "a hold on the kernel in the middle of its work") {
  return got(syscall(SYS_userfaultfd, O_CLOEXEC));
}
PROBE(bpf_map, "memory in the kernel") {
  union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
  return got(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}
PROBE(bpf_program, "programs in the kernel") {
  struct bpf_insn code[] = {{.code = 0xb7, .dst_reg = 0, .imm = 0}, {.code = 0x95}};
  union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2, .insns = (unsigned long)code,
                         .license = (unsigned long)"GPL"};
  return got(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr));
}
PROBE(bpf_objects_of_others, "programs that others have put into the kernel") {
  union bpf_attr attr = {0};
  return past(syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof attr));
}
static int watched(int pid, int cpu) {
  struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attr,
                                .config = PERF_COUNT_SW_CPU_CLOCK, .disabled = 1};
  return got(syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC));
}
PROBE(performance_of_itself, "counters by which others' secrets are guessed") { return watched(0, -1); }
PROBE(performance_of_the_machine, "what the processor does for others") { return watched(-1, 0); }
PROBE(session_keys, "keys of its session") {
  return got(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
}
PROBE(join_keyring, "keys of others, by the name of their ring") {
  return got(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "probe"));
}
PROBE(add_key, "the kernel's memory, filled with keys") {
  return got(syscall(SYS_add_key, "user", "probe", "x", 1, KEY_SPEC_PROCESS_KEYRING));
}
PROBE(request_key, "a program that the kernel starts as root") {
  return past(syscall(SYS_request_key, "user", "no-such-key", NULL, KEY_SPEC_PROCESS_KEYRING));
}
PROBE(watch_files, "every file that anybody opens") {
  return got(fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY));
}
PROBE(watch_files_mark, "a mark on others' files") {
  return past(fanotify_mark(-1, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, "/"));
}
PROBE(secret_memory, "memory that even the kernel cannot see") {
#if defined(SYS_memfd_secret)
  return got(syscall(SYS_memfd_secret, 0));
#else
  return got(syscall(447, 0));
#endif
}
PROBE(protection_keys, "memory protection that nobody else needs") { return got(syscall(SYS_pkey_alloc, 0, 0)); }
PROBE(sandbox_rules, "rules below those of the platform") {
  return past(syscall(SYS_landlock_create_ruleset, NULL, 0, 1));
}

PROBE(trace_attach, "another process of the instance, its secrets and its init") {
  pid_t pid = sleeper();
  long result = ptrace(PTRACE_ATTACH, pid, 0, 0);
  int error = errno;
  if (result == 0) waitpid(pid, NULL, __WALL);
  kill(pid, SIGKILL);
  errno = error;
  return got(result);
}
PROBE(trace_seize, "another process, without stopping it") {
  pid_t pid = sleeper();
  long result = ptrace(PTRACE_SEIZE, pid, 0, 0);
  int error = errno;
  kill(pid, SIGKILL);
  errno = error;
  return got(result);
}
PROBE(trace_me, "a tracer for what it starts") { return got(ptrace(PTRACE_TRACEME, 0, 0, 0)); }
static int copied(long call) {
  static char here[8], there[8] = "there";
  struct iovec local = {here, sizeof here}, remote = {there, sizeof there};
  pid_t pid = sleeper();
  long result = syscall(call, pid, &local, 1, &remote, 1, 0);
  int error = errno;
  kill(pid, SIGKILL);
  errno = error;
  return got(result);
}
PROBE(read_memory, "the memory of another process") { return copied(SYS_process_vm_readv); }
PROBE(write_memory, "the memory of another process, changed") { return copied(SYS_process_vm_writev); }
PROBE(take_descriptor, "open files of another process") {
  pid_t pid = sleeper();
  int fd = syscall(SYS_pidfd_open, pid, 0);
  long result = syscall(SYS_pidfd_getfd, fd, 0, 0);
  int error = errno;
  kill(pid, SIGKILL);
  errno = error;
  return got(result);
}
PROBE(release_memory, "the memory of a process that dies") { return past(syscall(SYS_process_mrelease, -1, 0)); }

#define FIRST(id, path, gain) PROBE(first_process_##id, gain) { return reach("/proc/1/" path, O_RDONLY); }
FIRST(environment, "environ", "what the platform told init")
FIRST(memory, "mem", "the memory of init")
FIRST(root, "root/.", "the root of the host, if init has it")
FIRST(folder, "cwd/.", "a folder outside")
FIRST(descriptors, "fd", "files that the platform opened outside")
FIRST(program, "exe", "the platform's own program, to change it")
FIRST(maps, "maps", "where things lie in init's memory")
FIRST(system_call, "syscall", "what init does")
