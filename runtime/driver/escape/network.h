/* The network: what is reached, and what rules could be changed. Connections have half a second. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { WAIT_MS = 500 };

static int connected(int fd, const void *address, socklen_t size) {
  struct pollfd wait = {.fd = fd, .events = POLLOUT};
  int error = 0;
  socklen_t length = sizeof error;
  if (fd < 0) return CLOSED;
  if (connect(fd, address, size) == 0) return OPEN;
  if (errno != EINPROGRESS) return CLOSED;
  if (poll(&wait, 1, WAIT_MS) <= 0) { errno = ETIMEDOUT; return CLOSED; }
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
  errno = error;
  return error == 0 ? OPEN : CLOSED;
}

static int dialled(const char *host, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, host, &to.sin_addr);
  return connected(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), &to, sizeof to);
}

static int dialled6(const char *host, int port) {
  struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  inet_pton(AF_INET6, host, &to.sin6_addr);
  return connected(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), &to, sizeof to);
}

/* A datagram that somebody answers. */
static int answered(const char *host, int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  char text[8];
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  inet_pton(AF_INET, host, &to.sin_addr);
  if (fd < 0 || sendto(fd, "ping", 4, 0, (struct sockaddr *)&to, sizeof to) < 0) return CLOSED;
  if (poll(&wait, 1, WAIT_MS) <= 0) { errno = ETIMEDOUT; return CLOSED; }
  return got(recv(fd, text, sizeof text, 0));
}

static int port_of(const char *key) { return atoi(given(key)); }

HOST_PROBE(host_by_gateway, "services of the host") { return dialled(given("gateway"), port_of("port")); }
HOST_PROBE(host_by_loopback, "services of the host that listen for itself alone") {
  return dialled("127.0.0.1", port_of("port"));
}
HOST_PROBE(host_by_any_address, "services of the host, by the address of nobody") {
  return dialled("0.0.0.0", port_of("port"));
}
HOST_PROBE(host_by_uplink, "services of the host, by its public address") {
  return dialled(given("uplink"), port_of("port"));
}
HOST_PROBE(host_by_mapped_address, "services of the host, by IPv6 that means IPv4") {
  char text[64];
  snprintf(text, sizeof text, "::ffff:%s", given("gateway"));
  return dialled6(text, port_of("port"));
}
HOST_PROBE(host_by_ipv6, "services of the host, by IPv6") { return dialled6("::1", port_of("port")); }
HOST_PROBE(host_by_datagram, "services of the host that speak UDP") {
  return answered(given("gateway"), port_of("udp"));
}
HOST_PROBE(host_loopback_by_datagram, "services of the host that speak UDP to itself") {
  return answered("127.0.0.1", port_of("udp"));
}
HOST_PROBE(neighbour, "another app, past the router") { return dialled(given("neighbour"), 5000); }
HOST_PROBE(neighbour_by_mapped_address, "another app, by IPv6 that means IPv4") {
  char text[64];
  snprintf(text, sizeof text, "::ffff:%s", given("neighbour"));
  return dialled6(text, 5000);
}
HOST_PROBE(neighbour_by_datagram, "another app, by UDP") { return answered(given("neighbour"), 5000); }

#define METADATA(id, host, gain) PROBE(metadata_##id, gain) { return dialled(host, 80); }
METADATA(common, "169.254.169.254", "the machine's keys at its cloud")
METADATA(containers, "169.254.170.2", "the task's keys at its cloud")
METADATA(pods, "169.254.170.23", "the pod's keys at its cloud")
METADATA(alibaba, "100.100.100.200", "the machine's keys at its cloud")
METADATA(azure, "168.63.129.16", "the machine's certificates at its cloud")
METADATA(oracle, "192.0.0.192", "the machine's keys at its cloud")
METADATA(private_ten, "10.0.0.1", "the operator's own network")
METADATA(private_docker, "172.17.0.1", "containers on the same machine")
METADATA(private_home, "192.168.1.1", "the operator's router")
PROBE(metadata_ipv6, "the machine's keys at its cloud, by IPv6") { return dialled6("fd00:ec2::254", 80); }
PROBE(metadata_mapped, "the machine's keys, by IPv6 that means IPv4") {
  return dialled6("::ffff:169.254.169.254", 80);
}
PROBE(ipv6_address, "a network that no rule covers") {
  struct sockaddr_in6 own = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  return got(bind(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), (struct sockaddr *)&own, sizeof own));
}

#define SOCKET(id, family, type, protocol, gain) \
  PROBE(socket_##id, gain) { return got(socket(family, (type) | SOCK_CLOEXEC, protocol)); }
SOCKET(packet, AF_PACKET, SOCK_RAW, htons(3), "packets of others on the bridge, and forged ones")
SOCKET(packet_cooked, AF_PACKET, SOCK_DGRAM, htons(3), "packets of others")
SOCKET(raw, AF_INET, SOCK_RAW, IPPROTO_RAW, "packets with a sender of its choice")
SOCKET(raw_icmp, AF_INET, SOCK_RAW, IPPROTO_ICMP, "routes for others")
SOCKET(raw_tcp, AF_INET, SOCK_RAW, IPPROTO_TCP, "connections of others, ended")
SOCKET(raw_ipv6, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, "routes for others, by IPv6")
SOCKET(machine, 40, SOCK_STREAM, 0, "the machine that this one runs on, past every network rule")
SOCKET(kernel_crypto, 38, SOCK_SEQPACKET, 0, "the kernel's cryptography, a wide old interface")
SOCKET(keys, 15, SOCK_RAW, 2, "the keys of the host's tunnels")
SOCKET(express, 44, SOCK_RAW, 0, "packets before any rule")
SOCKET(bluetooth, 31, SOCK_RAW, 1, "the machine's radio")
SOCKET(can, 29, SOCK_RAW, 1, "what is wired to the machine")
SOCKET(cluster, 30, SOCK_RDM, 0, "a wide old interface")
SOCKET(radio_tags, 39, SOCK_SEQPACKET, 0, "the machine's radio")
SOCKET(point_to_point, 24, SOCK_STREAM, 1, "network lines of its own")
SOCKET(remote_memory, 21, SOCK_SEQPACKET, 0, "others' memory over the network")
SOCKET(phone, 35, SOCK_DGRAM, 0, "a wide old interface")
SOCKET(appletalk, 5, SOCK_DGRAM, 0, "a wide old interface")
SOCKET(files_of_andrew, 33, SOCK_DGRAM, AF_INET, "a wide old interface")
SOCKET(audit, AF_NETLINK, SOCK_RAW, NETLINK_AUDIT, "the record of who did what")
SOCKET(tunnel_rules, AF_NETLINK, SOCK_RAW, NETLINK_XFRM, "the kernel's tunnels")
SOCKET(crypto_rules, AF_NETLINK, SOCK_RAW, NETLINK_CRYPTO, "the kernel's cryptography")
SOCKET(firewall, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, "the code of the firewall, where its faults are")
SOCKET(disks, AF_NETLINK, SOCK_RAW, NETLINK_ISCSI, "disks of the network")

/* Sends one message to the kernel; what it answers is our errno. */
static int told(int protocol, void *message, size_t size) {
  struct { struct nlmsghdr head; struct nlmsgerr error; char rest[512]; } answer;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  if (fd < 0 || send(fd, message, size, 0) < 0) return CLOSED;
  if (poll(&wait, 1, WAIT_MS) <= 0 || recv(fd, &answer, sizeof answer, 0) < 0) return CLOSED;
  if (answer.head.nlmsg_type != NLMSG_ERROR) return OPEN;
  errno = -answer.error.error;
  return answer.error.error == 0 ? OPEN : CLOSED;
}

/* Adds an address to the loopback. */
static int own_address(int family, const char *text, int prefix) {
  size_t bytes = family == AF_INET ? 4 : 16;
  struct { struct nlmsghdr head; struct ifaddrmsg body; struct rtattr attr; unsigned char ip[16]; } order = {
    {sizeof order, RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0}, {family, prefix, IFA_F_NODAD, 0, 1},
    {4 + bytes, IFA_LOCAL}, {0}};
  inet_pton(family, text, order.ip);
  order.head.nlmsg_len = sizeof order - 16 + bytes;
  return told(NETLINK_ROUTE, &order, order.head.nlmsg_len);
}

PROBE(add_address, "an address of a neighbour") {
  return own_address(AF_INET, "10.9.8.7", 32);
}
PROBE(add_route, "packets past the firewall") {
  struct { struct nlmsghdr head; struct rtmsg body; struct rtattr to; unsigned char ip[4]; struct rtattr by; int link; } order = {
    {sizeof order, RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0},
    {AF_INET, 32, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_LINK, RTN_UNICAST, 0}, {8, RTA_DST}, {10, 9, 8, 6}, {8, RTA_OIF}, 1};
  return told(NETLINK_ROUTE, &order, sizeof order);
}
PROBE(add_neighbour_entry, "packets of others, sent to it") {
  struct { struct nlmsghdr head; struct ndmsg body; struct rtattr to; unsigned char ip[4]; } order = {
    {sizeof order, RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0},
    {AF_INET, 0, 0, 1, NUD_NOARP, 0, RTN_UNICAST}, {8, NDA_DST}, {10, 9, 8, 5}};
  return told(NETLINK_ROUTE, &order, sizeof order);
}
PROBE(add_interface, "a network device of its own") {
  struct { struct nlmsghdr head; struct ifinfomsg body; struct rtattr info, kind; char name[8]; } order = {
    {sizeof order, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 1, 0}, {0},
    {16, IFLA_LINKINFO}, {10, IFLA_INFO_KIND}, "bridge"};
  order.kind.rta_len = 4 + 6;
  return told(NETLINK_ROUTE, &order, sizeof order);
}
PROBE(change_firewall, "rules of the firewall") {
  struct { struct nlmsghdr begin; struct nfgenmsg a; struct nlmsghdr head; struct nfgenmsg b; struct nlattr attr;
    char name[8]; struct nlmsghdr end; struct nfgenmsg c; } order = {
    {20, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, 1, 0}, {0, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)},
    {32, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 2, 0}, {AF_INET, NFNETLINK_V0, 0},
    {11, NFTA_TABLE_NAME}, "probes", {20, NFNL_MSG_BATCH_END, NLM_F_REQUEST, 3, 0}, {0, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)}};
  return told(NETLINK_NETFILTER, &order, sizeof order);
}
PROBE(interface_flags, "the network, taken from the platform's checks") {
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  return got(ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFFLAGS, &request));
}
PROBE(interface_address, "an address of a neighbour, by the old call") {
  struct ifreq request = {.ifr_name = "lo:1"};
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(0x0a090804)}};
  memcpy(&request.ifr_addr, &address, sizeof address);
  return got(ioctl(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), SIOCSIFADDR, &request));
}

static int option(int type, int level, int name, int value) {
  return got(setsockopt(socket(AF_INET, type | SOCK_CLOEXEC, 0), level, name, &value, sizeof value));
}
PROBE(mark_packets, "marks that the host's rules go by") { return option(SOCK_DGRAM, SOL_SOCKET, SO_MARK, 1); }
PROBE(force_buffers, "the kernel's memory") { return option(SOCK_DGRAM, SOL_SOCKET, SO_RCVBUFFORCE, 1 << 20); }
PROBE(transparent_sender, "connections in the name of others") { return option(SOCK_STREAM, IPPROTO_IP, 19, 1); }
PROBE(repair_connection, "connections that were never made") {
  return option(SOCK_STREAM, IPPROTO_TCP, TCP_REPAIR, 1);
}
PROBE(debug_sockets, "the kernel's log, filled") { return option(SOCK_STREAM, SOL_SOCKET, SO_DEBUG, 1); }
PROBE(high_priority_packets, "the network before everybody else") {
  return option(SOCK_DGRAM, SOL_SOCKET, SO_PRIORITY, 7);
}
