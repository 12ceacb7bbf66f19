/*
 * What an app may call of the kernel. A filter in constant tables costs nothing to make, where nspawn builds its own
 * with a library for 45 to 50 ms of each start; so nspawn's is switched off and this one is loaded before anything
 * else runs inside. It has to refuse all that nspawn's refuses (filter.root.test.ts compares the two call by call), and
 * more: namespaces (also through clone's flags, where a list of names does not reach), io_uring, other processes'
 * memory, families of sockets that no app needs. clone3 answers "not there", as its flags lie in memory where a filter cannot look; every C library then uses
 * clone. Calls newer than this list are "not there" as well.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "add this machine's AUDIT_ARCH_*"
#endif

/* The newest call of the list: set_mempolicy_home_node. fchmodat2 came after a call that nspawn does not know. */
#define NEWEST 450
#define FCHMODAT2 452
#if defined(__NR_memfd_secret)
#define REFUSE_SECRET REFUSE(memfd_secret)
#else
#define REFUSE_SECRET BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 447, 0, 1), ANSWER(EPERM)
#endif

#define NEW_NAMESPACE (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define IS(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise)
#define REFUSE(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), ANSWER(EPERM)

static int load_filter(void) {
  static struct sock_filter code[] = {
    LOAD(arch),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
    ANSWER(ENOSYS),
    LOAD(nr),
#if defined(__x86_64__)
    /* The x32 calls have numbers of their own that no rule below would meet. */
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
    ANSWER(ENOSYS),
#endif
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 1),
    ANSWER(ENOSYS),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FCHMODAT2, 2, 0),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, NEWEST, 0, 1),
    ANSWER(ENOSYS),
    /* Mounts and namespaces. */
    REFUSE(unshare), REFUSE(setns), REFUSE(mount), REFUSE(umount2), REFUSE(pivot_root), REFUSE(move_mount),
    REFUSE(open_tree), REFUSE(fsopen), REFUSE(fsconfig), REFUSE(fsmount), REFUSE(fspick), REFUSE(mount_setattr),
    /* The kernel's wide or young interfaces. */
    REFUSE(io_uring_setup), REFUSE(io_uring_enter), REFUSE(io_uring_register), REFUSE(userfaultfd),
    REFUSE(perf_event_open), REFUSE(bpf), REFUSE(add_key), REFUSE(keyctl), REFUSE(request_key),
    REFUSE(fanotify_init), REFUSE(fanotify_mark), REFUSE(quotactl), REFUSE(quotactl_fd), REFUSE(lookup_dcookie),
    REFUSE(landlock_create_ruleset), REFUSE(landlock_add_rule), REFUSE(landlock_restrict_self), REFUSE(syslog),
    REFUSE(pkey_mprotect), REFUSE(pkey_alloc), REFUSE(pkey_free), REFUSE_SECRET,
    /* Other processes. */
    REFUSE(ptrace), REFUSE(process_vm_readv), REFUSE(process_vm_writev), REFUSE(pidfd_getfd), REFUSE(process_mrelease),
    /* The machine: modules, clock, swap, memory that is never paged out, files by their inode. */
    REFUSE(kexec_load), REFUSE(kexec_file_load), REFUSE(init_module), REFUSE(finit_module), REFUSE(delete_module),
    REFUSE(reboot), REFUSE(swapon), REFUSE(swapoff), REFUSE(acct), REFUSE(settimeofday), REFUSE(clock_settime),
    REFUSE(adjtimex), REFUSE(clock_adjtime), REFUSE(vhangup), REFUSE(mlock), REFUSE(mlock2), REFUSE(mlockall),
    REFUSE(munlock), REFUSE(munlockall), REFUSE(open_by_handle_at), REFUSE(nfsservctl),
#if defined(__x86_64__)
    /* What only old programs of this architecture know, and the numbers that it never gave out. */
    REFUSE(uselib), REFUSE(ustat), REFUSE(sysfs), REFUSE(modify_ldt), REFUSE(_sysctl), REFUSE(iopl), REFUSE(ioperm),
    REFUSE(create_module), REFUSE(get_kernel_syms), REFUSE(query_module), REFUSE(getpmsg), REFUSE(putpmsg),
    REFUSE(afs_syscall), REFUSE(tuxcall), REFUSE(security), REFUSE(vserver),
    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 335, 0, 2),
    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 423, 1, 0),
    ANSWER(ENOSYS),
#endif
    /*
     * Sockets are for the network and for neighbours inside: of the other families one reaches the machine below ours
     * past every network rule (vsock), and the rest is old code of the kernel. Of netlink what programs ask for
     * addresses, sockets and devices; audit is answered as nspawn does, and what asks for it goes on without.
     */
    IS(__NR_socket, 1, 0),
    IS(__NR_socketpair, 0, 12),
    LOAD(args[0]),
    IS(AF_UNIX, 14, 0), IS(AF_INET, 13, 0), IS(AF_INET6, 12, 0), IS(AF_NETLINK, 1, 0),
    ANSWER(EAFNOSUPPORT),
    LOAD(args[2]),
    IS(NETLINK_ROUTE, 8, 0), IS(NETLINK_SOCK_DIAG, 7, 0), IS(NETLINK_KOBJECT_UEVENT, 6, 0), IS(NETLINK_GENERIC, 5, 0),
    ANSWER(EAFNOSUPPORT),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 0, 3),
    LOAD(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACE, 0, 1),
    ANSWER(EPERM),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  static const struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}
