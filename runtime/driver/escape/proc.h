/* Files of the kernel. Those that would do something when they are written to are opened, and not written to. */
#define WRITE(id, path, gain) PROBE(write_##id, gain) { return reach(path, O_WRONLY); }
#define READ(id, path, gain) PROBE(read_##id, gain) { return reach(path, O_RDONLY); }

WRITE(core_pattern, "/proc/sys/kernel/core_pattern", "a program that the kernel starts as root")
WRITE(module_loader, "/proc/sys/kernel/modprobe", "a program that the kernel starts as root")
WRITE(device_helper, "/sys/kernel/uevent_helper", "a program that the kernel starts as root")
WRITE(binary_formats, "/proc/sys/fs/binfmt_misc/register", "a program for everybody's files")
WRITE(sysrq_trigger, "/proc/sysrq-trigger", "the end of everybody's work")
WRITE(sysrq, "/proc/sys/kernel/sysrq", "keys that end everybody's work")
WRITE(panic, "/proc/sys/kernel/panic", "what the machine does when it fails")
WRITE(address_randomness, "/proc/sys/kernel/randomize_va_space", "addresses of others that can be guessed")
WRITE(trace_scope, "/proc/sys/kernel/yama/ptrace_scope", "others' processes")
WRITE(log_restriction, "/proc/sys/kernel/dmesg_restrict", "the kernel's log")
WRITE(perf_restriction, "/proc/sys/kernel/perf_event_paranoid", "others' performance")
WRITE(threads_max, "/proc/sys/kernel/threads-max", "everybody's number of processes")
WRITE(host_name, "/proc/sys/kernel/hostname", "the name by which others know it")
WRITE(shared_memory_max, "/proc/sys/kernel/shmmax", "shared memory without a limit")
WRITE(overcommit, "/proc/sys/vm/overcommit_memory", "memory that is not there")
WRITE(drop_caches, "/proc/sys/vm/drop_caches", "everybody's cache")
WRITE(lowest_address, "/proc/sys/vm/mmap_min_addr", "faults of the kernel made useful")
WRITE(files_max, "/proc/sys/fs/file-max", "everybody's open files")
WRITE(protected_links, "/proc/sys/fs/protected_symlinks", "links that others follow")
WRITE(suid_dumpable, "/proc/sys/fs/suid_dumpable", "core dumps of root's programs")
WRITE(user_namespaces, "/proc/sys/user/max_user_namespaces", "user namespaces allowed again")
WRITE(forwarding, "/proc/sys/net/ipv4/ip_forward", "packets of others through it")
WRITE(ipv6_switch, "/proc/sys/net/ipv6/conf/all/disable_ipv6", "a network that no rule covers")
WRITE(route_localnet, "/proc/sys/net/ipv4/conf/all/route_localnet", "the host's loopback, by routes")
WRITE(ping_range, "/proc/sys/net/ipv4/ping_group_range", "packets of its own making")
WRITE(interrupts, "/proc/irq/default_smp_affinity", "the processor that serves everybody")
WRITE(cgroup_processes, "/sys/fs/cgroup/cgroup.procs", "another cgroup, without limits")
WRITE(cgroup_processes_unified, "/sys/fs/cgroup/unified/cgroup.procs", "another cgroup, without limits")
WRITE(cgroup_memory_group, "/sys/fs/cgroup/memory/cgroup.procs", "another cgroup, without limits")
WRITE(cgroup_devices_group, "/sys/fs/cgroup/devices/cgroup.procs", "every device")
WRITE(cgroup_release_agent, "/sys/fs/cgroup/memory/release_agent", "a program that the kernel starts as root")
WRITE(huge_pages, "/sys/kernel/mm/transparent_hugepage/enabled", "everybody's memory")
WRITE(power, "/sys/power/state", "the machine asleep")
WRITE(processor, "/sys/devices/system/cpu/cpu1/online", "a processor less for everybody")
WRITE(devices_rescan, "/sys/bus/pci/rescan", "the machine's devices")
WRITE(crash_kernel, "/sys/kernel/kexec_crash_size", "what happens when the machine fails")
WRITE(profiling, "/sys/kernel/profiling", "what the kernel does")
WRITE(security_file_system, "/sys/kernel/security/lockdown", "the kernel's protection")
WRITE(tracing, "/sys/kernel/tracing/tracing_on", "what every program does")
READ(kernel_memory, "/proc/kcore", "all of the memory")
READ(kernel_pages, "/proc/kpageflags", "where others' pages lie")
READ(kernel_page_counts, "/proc/kpagecount", "who shares which page")
READ(kernel_heap, "/proc/slabinfo", "how full the kernel's heap is, for an exploit")
READ(kernel_areas, "/proc/vmallocinfo", "addresses in the kernel")
READ(kernel_timers, "/proc/timer_list", "addresses in the kernel, and what others wait for")
READ(kernel_log_file, "/proc/kmsg", "the kernel's log")
READ(allocator, "/proc/pagetypeinfo", "how the kernel's memory lies")
READ(firmware_tables, "/sys/firmware/acpi/tables/DSDT", "what the machine is made of")
READ(firmware_serial, "/sys/class/dmi/id/product_serial", "which machine it is")

/* Symbols are shown to everybody, their addresses to root alone. */
PROBE(kernel_addresses, "addresses in the kernel, for an exploit") {
  char text[64] = "";
  int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) return CLOSED;
  return strtoull(text, NULL, 16) != 0 ? OPEN : CLOSED;
}
PROBE(machine_addresses, "where the machine's memory lies") {
  char text[128] = "";
  int fd = open("/proc/iomem", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) return CLOSED;
  char *end = strchr(text, '-');
  return end != NULL && strtoull(end + 1, NULL, 16) != 0 ? OPEN : CLOSED;
}
PROBE(page_map, "physical addresses of its own pages") {
  static unsigned char page[4096];
  unsigned long long entry = 0;
  int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  page[0] = 1;
  if (fd < 0 || pread(fd, &entry, 8, (unsigned long)page / 4096 * 8) != 8) return CLOSED;
  return (entry & ((1ull << 55) - 1)) != 0 ? OPEN : CLOSED;
}
