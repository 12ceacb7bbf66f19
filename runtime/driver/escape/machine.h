/* Calls that concern the whole machine. */
#include <linux/reboot.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>

PROBE(set_host_name, "the name by which others know it") { return got(sethostname("probe", 5)); }
PROBE(set_domain_name, "the domain by which others know it") { return got(setdomainname("probe", 5)); }
PROBE(reboot_machine, "the end of everybody's work") { return past(syscall(SYS_reboot, 0, 0, 0, 0)); }
PROBE(kexec_load, "a kernel of its own") { return past(syscall(SYS_kexec_load, 0, 0, NULL, ~0ul)); }
PROBE(kexec_file_load, "a kernel of its own, from a file") {
  return past(syscall(SYS_kexec_file_load, -1, -1, 0, NULL, ~0ul));
}
PROBE(load_module, "code in the kernel") { return past(syscall(SYS_init_module, NULL, 0, "")); }
PROBE(load_module_file, "code in the kernel, from a file") { return past(syscall(SYS_finit_module, -1, "", 0)); }
PROBE(remove_module, "the kernel's own protection, taken away") {
  return past(syscall(SYS_delete_module, "no_such_module", O_NONBLOCK));
}
PROBE(accounting, "a record of every program of the machine") { return past(acct("/nonexistent/accounting")); }
PROBE(swap_on, "everybody's memory in a file of its own") { return past(swapon("/nonexistent/swap", 0)); }
PROBE(swap_off, "memory taken from everybody") { return past(swapoff("/nonexistent/swap")); }
PROBE(adjust_clock, "the machine's clock") {
  struct timex wrong = {.modes = ADJ_TICK};
  return past(adjtimex(&wrong));
}
PROBE(adjust_clock_by_name, "the machine's clock") {
  struct timex wrong = {.modes = ADJ_TICK};
  return past(clock_adjtime(CLOCK_REALTIME, &wrong));
}
PROBE(set_time_zone, "the kernel's own time zone") {
  struct timezone zone = {0};
  struct timeval now;
  gettimeofday(&now, &zone);
  return got(syscall(SYS_settimeofday, NULL, &zone));
}
#if defined(__x86_64__)
PROBE(io_privilege, "the machine's ports") { return got(iopl(3)); }
PROBE(io_ports, "the machine's ports, some of them") { return got(ioperm(0x80, 1, 1)); }
PROBE(local_descriptor_table, "old code of the kernel that nothing new needs") {
  char table[16];
  return got(syscall(SYS_modify_ldt, 0, table, sizeof table));
}
#endif
PROBE(kernel_log, "addresses and names in the kernel's log") {
  char text[64];
  return got(klogctl(3, text, sizeof text));
}
PROBE(hang_up_terminal, "the terminals of others") { setsid(); return got(vhangup()); }
PROBE(disk_quotas, "others' room on the disk") {
  return past(syscall(SYS_quotactl, 0x800007 << 8, "/nonexistent", 0, NULL));
}
PROBE(lock_memory, "memory that is never given back") { return got(mlockall(MCL_CURRENT)); }
PROBE(lock_page, "pages that are never given back") { static char page[1]; return got(mlock(page, 1)); }
PROBE(move_pages_of_others, "others' memory moved about") {
  return past(syscall(SYS_migrate_pages, 1, 1, NULL, NULL));
}
PROBE(file_by_handle, "any file of the disk by its number") {
  struct { struct file_handle head; unsigned char bytes[128]; } handle = {.head = {.handle_bytes = 128}};
  int mount_id = 0, root = open(given("room"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  name_to_handle_at(AT_FDCWD, given("room"), &handle.head, &mount_id, 0);
  return got(open_by_handle_at(root, &handle.head, O_RDONLY | O_CLOEXEC));
}

#define DEVICE(id, path, flags, gain) PROBE(device_##id, gain) { return reach(path, flags); }
DEVICE(kernel_messages, "/dev/kmsg", O_RDONLY, "what the kernel says of everybody")
DEVICE(memory, "/dev/mem", O_RDONLY, "the machine's memory")
DEVICE(ports, "/dev/port", O_RDONLY, "the machine's ports")
DEVICE(loop_control, "/dev/loop-control", O_RDWR, "disks made of files")
DEVICE(mapper, "/dev/mapper/control", O_RDWR, "disks made of disks")
DEVICE(kvm, "/dev/kvm", O_RDWR, "machines of its own")
DEVICE(vhost_net, "/dev/vhost-net", O_RDWR, "the kernel's network code, from below")
DEVICE(vhost_vsock, "/dev/vhost-vsock", O_RDWR, "a line past every network rule")
DEVICE(vsock, "/dev/vsock", O_RDONLY, "the machine that this one runs on")
DEVICE(clock, "/dev/rtc0", O_RDONLY, "the machine's hardware clock")
DEVICE(random_source, "/dev/hwrng", O_RDONLY, "the source of everybody's keys")
DEVICE(nvram, "/dev/nvram", O_RDONLY, "the firmware's settings")
DEVICE(registers, "/dev/cpu/0/msr", O_RDONLY, "the processor's own registers")
DEVICE(input, "/dev/uinput", O_RDWR, "keys pressed at the machine's keyboard")
DEVICE(page_faults, "/dev/userfaultfd", O_RDWR, "a hold on the kernel in the middle of its work")
DEVICE(console, "/dev/tty0", O_WRONLY, "the machine's screen")
DEVICE(ppp, "/dev/ppp", O_RDWR, "network lines of its own")
DEVICE(process_accounting, "/dev/cpu_dma_latency", O_RDONLY, "the processor's sleep")
PROBE(device_tunnel, "a network interface of its own") {
  struct { char name[16]; short flags; char rest[22]; } request = {.name = "probe0", .flags = 1 | 0x1000};
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  return fd < 0 ? CLOSED : got(syscall(SYS_ioctl, fd, 0x400454caul, &request));
}
PROBE(make_character_device, "any device, by its number") {
  return got(mknod(in_room("null"), S_IFCHR | 0600, makedev(1, 3)));
}
PROBE(make_kernel_memory_device, "the kernel's memory, by its number") {
  return got(mknod(in_room("kmem"), S_IFCHR | 0600, makedev(1, 2)));
}
PROBE(make_disk, "the host's disk, by its number") {
  unsigned int major = 0, minor = 0;
  sscanf(given("disk"), "%u:%u", &major, &minor);
  if (mknod(in_room("disk"), S_IFBLK | 0600, makedev(major, minor)) < 0) return CLOSED;
  return reach(in_room("disk"), O_RDONLY);
}
