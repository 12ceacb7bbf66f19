# Runs commands as a developer would: one shell, uid 1000, the same Debian and the same tools as the engine's builds,
# and nothing of the engine. Folders of /app and /home stay as they are afterwards.
#
# Arguments: stack, layers over it (a:b, or empty), folder of /app, folder of /home, CA bundle, commands.
# stdin: the environment, NAME=VALUE\0 ….
set -euo pipefail
stack=$1 system=$2 app=$3 home=$4 bundle=$5 commands=$6
environment=()
while IFS= read -r -d '' pair; do environment+=("$pair"); done
mount --make-rprivate /
work=$(mktemp -d)
mount -t tmpfs bare "$work"
mkdir -p "$work"/{root,upper,work}
mount -t overlay root -o "lowerdir=${system:+$system:}$stack,upperdir=$work/upper,workdir=$work/work" "$work/root"
mkdir -p "$work/root"/{app,home,nix/store,proc,dev,tmp,etc/ssl/certs}
mount --bind "$app" "$work/root/app"
mount --bind "$home" "$work/root/home"
mount --rbind /nix/store "$work/root/nix/store"
mount -t proc proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
mkdir "$home/.tmp" 2>/dev/null || :
chmod 1777 "$home/.tmp"
mount --bind "$home/.tmp" "$work/root/tmp"
cp -L /etc/resolv.conf "$work/root/etc/resolv.conf"
cp -L "$bundle" "$work/root/etc/ssl/certs/ca-certificates.crt"
chown 1000:1000 "$app" "$home"
exec chroot --userspec=1000:1000 "$work/root" \
  /usr/bin/env -i HOME=/home LANG=C.UTF-8 CI=1 "${environment[@]}" \
  /bin/bash --noprofile --norc -euo pipefail -c "cd /app; $commands" < /dev/null
