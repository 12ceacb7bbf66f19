# Makes a layer over a stack out of Debian packages. Runs as root inside of a build's cell, after cell.sh: packages are
# signed by Debian, and their maintainer scripts see nothing but the stack, this folder and the cell's network.
#
# Arguments: the work folder, the build stack, how (install|unpack), suite. The work folder holds `base` and `packages`,
# one name a line; what was installed is left in `upper`,
# exact versions in `versions`.
work=$1 stack=$2 how=$3 suite=$4
cell=/nix/var/skypanel/cell
root=$work/tree
while IFS= read -r -d '' pair; do export "$pair"; done < "$cell/net/env"

mkdir "$work/upper" "$work/overlay" "$root"
mount -t overlay -o "lowerdir=$stack,upperdir=$work/upper,workdir=$work/overlay" layer "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
for node in null zero full random urandom; do
  : > "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
chmod 1777 "$root/tmp" "$root/dev/shm"
mkdir -p "$root"/var/{lib/apt/lists,cache/apt/archives}/partial "$root"/var/lib/dpkg/{info,updates,triggers,alternatives} \
  "$root/var/log" "$root/run/lock" "$root/usr/share/man/man1"
cp "$cell/net/resolv.conf" "$root/etc/resolv.conf"
# What a layer inherits of the machine would end in releases: the bundle is only shown, and away when this ends.
mount --bind "$cell/net/ca.pem" "$root/etc/ssl/certs/ca-certificates.crt"
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
signed="[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
mkdir -p "$root/etc/apt/sources.list.d"
{
  stable=${suite%-backports}
  echo "deb $signed $SKYPANEL_APT_ARCHIVE $stable main"
  [ "$stable" = "$suite" ] || echo "deb $signed $SKYPANEL_APT_ARCHIVE $suite main"
  case $suite in
    sid | unstable | experimental) ;;
    *) [ -z "$SKYPANEL_APT_SECURITY" ] || echo "deb $signed $SKYPANEL_APT_SECURITY $stable-security main" ;;
  esac
} > "$root/etc/apt/sources.list"
# A mirror may lag behind: Debian's index of the newest suite counts as fresh for a week only. Its signature always counts.
cat > "$root/etc/apt/skypanel.conf" <<'CONF'
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Keep-Downloaded-Packages "false";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::Min-ValidTime "7776000";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
DPkg::Options { "--force-unsafe-io"; "--force-confdef"; "--path-exclude=/usr/share/doc/*"; "--path-exclude=/usr/share/man/*/*"; "--path-exclude=/usr/share/info/*"; "--path-exclude=/usr/share/locale/*"; };
CONF
inside() {
  chroot "$root" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
    APT_CONFIG=/etc/apt/skypanel.conf DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true "$@" < /dev/null
}
mapfile -t base < "$work/base"
mapfile -t packages < "$work/packages"
inside apt-get -qq update

if [ "$how" = install ]; then
  # The stack was unpacked, not installed, so nothing says what is in it. What apt would choose for it says so.
  : > "$root/var/lib/dpkg/status"
  inside apt-get -s install "${base[@]}" | sed -n 's/^Inst \([^ ]*\).* (\([^ ]*\) .*/\1=\2/p' > "$work/stack"
  mapfile -t there < "$work/stack"
  inside apt-cache show "${there[@]}" |
    sed -e '/^\(Filename\|Size\|MD5sum\|SHA1\|SHA256\|SHA512\|Description-md5\):/d' -e 's/^Package: .*/&\nStatus: install ok installed/' > "$work/status"
  cp "$work/status" "$root/var/lib/dpkg/status"
  for name in "${packages[@]}"; do
    inside apt-cache show --no-all-versions "$name" > /dev/null 2>&1 || { echo "@sky package $name"; exit 66; }
  done
  # Naming the stack's own suite would set its security updates back, and with them what the stack has.
  target=()
  [ "$stable" = "$suite" ] || target=(-t "$suite")
  inside apt-get -qq -y "${target[@]}" install "${packages[@]}" > "$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; exit 1; }
  inside dpkg-query -W -f '${Package} ${Version}\n' "${packages[@]}" > "$work/versions" 2>/dev/null || :
  # dpkg leaves a link alone that is there already, and the build stack has links that instances' stack has not.
  while IFS= read -r path; do
    [ ! -L "$root$path" ] || [ -L "$work/upper$path" ] || ln -sfn "$(readlink "$root$path")" "$root$path"
  done < <(cat "$root"/var/lib/dpkg/info/*.list)
  tr = ' ' < "$work/stack" > "$work/before"
  inside dpkg-query -W -f '${Package} ${Version}\n' | grep -vxF -f "$work/before" > "$work/added" || :
else
  mkdir "$root/var/cache/unpack"
  for name in "${packages[@]}"; do
    inside apt-cache show --no-all-versions "$name" > /dev/null 2>&1 || { echo "@sky package $name"; exit 66; }
  done
  inside /bin/sh -c 'cd /var/cache/unpack && exec apt-get -qq download "$@"' sh "${packages[@]}"
  for archive in "$root"/var/cache/unpack/*.deb; do
    inside dpkg-deb -x "/var/cache/unpack/${archive##*/}" /var/cache/unpack/tree
    inside dpkg-deb -W "/var/cache/unpack/${archive##*/}" | tr '\t' ' ' >> "$work/versions"
  done
  tree=$root/var/cache/unpack/tree
  # Older suites still have files where the stack has links into /usr.
  for folder in bin sbin lib lib64; do
    [ ! -d "$tree/$folder" ] || [ -L "$tree/$folder" ] || { mkdir -p "$tree/usr/$folder"; cp -a "$tree/$folder/." "$tree/usr/$folder/"; rm -rf "${tree:?}/$folder"; }
  done
  cp -a "$tree/." "$root/"
  rm -rf "$root/var/cache/unpack"
  cp "$work/versions" "$work/added"
  inside ldconfig
fi

# Byte code that is checked against times would be compiled anew at each start: all files of the store have the same.
for library in "$work"/upper/usr/lib/python3*; do
  [ -d "$library" ] || continue
  name=${library##*/}
  python=$name
  [ -x "$root/usr/bin/$name" ] || python=python3
  inside "/usr/bin/$python" -m compileall -q -f --invalidation-mode unchecked-hash "/usr/lib/$name" > /dev/null 2>&1 || :
done
umount "$root/etc/ssl/certs/ca-certificates.crt"
# Java reads no PEM bundle. Stages with network use this to trust what the machine trusts, and a Java that was only
# unpacked gets the stack's own authorities by it.
if [ -d "$work/upper/usr/lib/jvm" ]; then
  mkdir -p "$root/usr/share/skypanel" "$root/etc/ssl/certs/java"
  # A name that holds no architecture.
  for jdk in "$root"/usr/lib/jvm/java-*-openjdk-*; do
    name=${jdk##*/}
    ln -sfn "$name" "$root/usr/lib/jvm/${name%%-openjdk*}"
  done
  cat > "$root/usr/share/skypanel/TrustStore.java" <<'JAVA'
import java.io.*;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.*;

/** Puts the certificates of a PEM bundle into a trust store. Arguments: bundle, trust store to write. */
class TrustStore {
  public static void main(String[] given) throws Exception {
    KeyStore store = KeyStore.getInstance("JKS");
    store.load(null, null);
    int count = 0;
    String text = Files.readString(Path.of(given[0]), java.nio.charset.StandardCharsets.ISO_8859_1);
    String begin = "-----BEGIN CERTIFICATE-----", end = "-----END CERTIFICATE-----";
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (int from = text.indexOf(begin); from >= 0; from = text.indexOf(begin, from + 1)) {
      int to = text.indexOf(end, from) + end.length();
      byte[] pem = text.substring(from, to).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
      try {
        store.setCertificateEntry("c" + count++, factory.generateCertificate(new ByteArrayInputStream(pem)));
      } catch (CertificateException unreadable) {
        // One that Java cannot read is no reason to trust none.
      }
    }
    try (OutputStream out = Files.newOutputStream(Path.of(given[1]))) {
      store.store(out, "changeit".toCharArray());
    }
  }
}
JAVA
  for java in "$root"/usr/lib/jvm/*/bin/java; do
    [ ! -e "$root/etc/ssl/certs/java/cacerts" ] || break
    inside "${java#"$root"}" /usr/share/skypanel/TrustStore.java /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/java/cacerts
  done
fi

umount -R "$root/dev" "$root/proc"
umount "$root"
cd "$work/upper"
rm -rf dev tmp run root home app nix sys proc boot opt srv cache secrets etc/apt etc/resolv.conf etc/shadow* etc/gshadow* etc/passwd- etc/group- etc/.pwd.lock \
  etc/machine-id etc/systemd etc/init.d etc/rc?.d etc/cron.* etc/logrotate.d usr/sbin/policy-rc.d usr/lib/systemd \
  usr/share/{doc,man,info,lintian,bug,locale} var/cache var/log var/tmp var/run var/lib/{apt,dpkg,systemd,ucf}
# What a release holds is told by this.
mkdir -p usr/share/skypanel
cp "$work/added" usr/share/skypanel/packages
# A deletion is a device file, which a store path cannot hold: what the stack has stays.
find . -type c -delete
find . -xdev \( -type p -o -type s \) -delete
chmod -R u+rwX,go+rX,go-w .
