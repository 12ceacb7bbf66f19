# Builds an image, or makes a base for images. Runs as root inside of a build's cell, after cell.sh: composes a root
# with buildah in it, then gives everything up. What follows runs as uid 0 of a user namespace whose 65,536 uids own
# nothing but the folders given here.
#
# Arguments: the work folder, the build stack, layers over it (a:b), first uid, folder of buildah's own storage, folder
# of bases (or nothing), the script to run inside. The work folder holds `in`; what the script makes goes into `out`.
work=$1 stack=$2 layers=$3 first=$4 storage=$5 bases=$6 script=$7
cell=/nix/var/skypanel/cell
root=$work/box

mkdir -p "$root" "$work/in" "$work/out" "$work/tmp" "$work/run"
# Nobody else on the machine looks into them while they are there.
chmod 700 "$work/in" "$work/out" "$work/tmp" "$work/run"
chown "$first:$first" "$work/in" "$work/out" "$work/tmp" "$work/run"
# Folders of Debian's programs, as in any other box.
mount -t tmpfs -o mode=755,size=16m box "$root"
mkdir -p "$root"/{proc,sys,dev,nix/store,usr,etc,var,tmp,run,root,old,in,out,bases,secrets,storage}
for link in bin sbin lib lib64; do [ ! -L "$stack/$link" ] || ln -s "usr/$link" "$root/$link"; done
for folder in usr etc var; do
  lower=
  IFS=: read -ra over <<< "$layers"
  for layer in "${over[@]}"; do [ ! -d "$layer/$folder" ] || lower+=$layer/$folder:; done
  if [ -z "$lower" ]; then
    mount --bind "$stack/$folder" "$root/$folder"
    mount -o remount,bind,ro "$root/$folder"
  else
    mount -t overlay -o "ro,lowerdir=$lower$stack/$folder" "$folder" "$root/$folder"
  fi
done
mount -t tmpfs -o mode=755 dev "$root/dev"
for node in null zero full random urandom tty; do
  : > "$root/dev/$node"
  mount --bind "/dev/$node" "$root/dev/$node"
done
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
for pair in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${pair%%:*}" "$root/dev/${pair#*:}"; done
mount --bind "$cell/net/resolv.conf" "$root/etc/resolv.conf"
mount --bind "$cell/net/ca.pem" "$root/etc/ssl/certs/ca-certificates.crt"
mount --bind "$work/in" "$root/in"
mount --bind "$work/out" "$root/out"
mount --bind "$work/tmp" "$root/tmp"
mount --bind "$work/run" "$root/run"
mount --bind "$storage" "$root/storage"
# Mounts of type cache are kept by buildah below /var/tmp.
mkdir -p "$storage/mounts"
chown "$first:$first" "$storage" "$storage/mounts"
chmod 700 "$storage"
mount --bind "$storage/mounts" "$root/var/tmp"
if [ -n "$bases" ]; then
  mount --bind "$bases" "$root/bases"
  mount -o remount,bind,ro "$root/bases"
fi
if [ -e "$work/visible" ]; then
  while IFS= read -r path; do
    mkdir -p "$root$path"
    mount --bind "$path" "$root$path"
  done < "$work/visible"
fi
mount -t tmpfs -o mode=755,size=32m secrets "$root/secrets"
mkdir "$root/secrets/values"
if [ -e "$cell/secrets/env" ]; then
  while IFS= read -r -d '' pair; do printf '%s' "${pair#*=}" > "$root/secrets/values/${pair%%=*}"; done < "$cell/secrets/env"
fi
[ ! -e "$cell/secrets/scan" ] || cp "$cell/secrets/scan" "$root/secrets/scan"
chmod -R a+rX "$root/secrets"
cp "$cell/net/env" "$root/secrets/network"
cp "$script" "$root/root/script.sh"

# A user namespace exists as long as somebody is in it.
unshare --user sleep infinity &
holder=$!
until [ "$(readlink "/proc/$holder/ns/user" 2>/dev/null)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
echo "0 $first 65536" > "/proc/$holder/uid_map"
echo "0 $first 65536" > "/proc/$holder/gid_map"
status=0
nsenter --user="/proc/$holder/ns/user" --setuid 0 --setgid 0 -- \
  unshare --mount --pid --ipc --fork --kill-child --propagation private \
  /bin/bash -euo pipefail -c '
    root=$1
    mount --rbind "$root" "$root"
    mount -t proc proc "$root/proc"
    cd "$root"
    pivot_root . old
    export PATH=/usr/bin:/usr/sbin
    cd /
    umount -l /old
    # A build has no business with further user namespaces.
    { echo 0 > /proc/sys/user/max_user_namespaces; } 2>/dev/null || :
    exec env -i PATH=/usr/local/bin:/usr/bin:/usr/sbin HOME=/root LANG=C.UTF-8 TMPDIR=/tmp \
      /bin/bash --noprofile --norc -euo pipefail /root/script.sh
  ' box "$root" < /dev/null || status=$?
kill "$holder" 2>/dev/null || :
exit "$status"
