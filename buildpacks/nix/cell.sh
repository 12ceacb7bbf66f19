# Runs as root inside of a build's cell, before Nix: mounts what the box may see of this build, at one fixed place, so
# that nothing that varies (registries, certificates, caches, config vars) is part of a derivation.
#
# Arguments: the caller's mount namespace, resolv.conf, CA bundle, file of the registries' environment, cache folder or
# nothing, folders to show over folders of it (a line NAME<tab>FOLDER each), and then what to run. stdin: NAME=VALUE\0 …, an empty entry, names to look for in the output (NAME\0 …).
mine=$(readlink /proc/self/ns/mnt)
if [ "$mine" = "$1" ]; then
  echo "The cell has no mount namespace of its own: refusing to mount anything." >&2
  exit 97
fi
resolv=$2 certificates=$3 network=$4 cache=$5 over=$6
shift 6
mount --make-rprivate /
mount -t proc proc /proc
cell=/nix/var/skypanel/cell
mount -t tmpfs -o mode=755,size=32m cell "$cell"
mkdir "$cell/net" "$cell/secrets" "$cell/cache"
cp -- "$resolv" "$cell/net/resolv.conf"
cp -- "$certificates" "$cell/net/ca.pem"
cp -- "$network" "$cell/net/env"
chmod 444 "$cell"/net/*
[ -z "$cache" ] || mount --bind "$cache" "$cell/cache"
while IFS=$'\t' read -r name folder; do
  [ -z "$name" ] || mount --bind "$folder" "$cell/cache/$name"
done <<< "$over"
# Nix itself fetches tarballs from in here.
mount --bind "$cell/net/resolv.conf" /etc/resolv.conf
target=env
while IFS= read -r -d '' entry; do
  if [ -z "$entry" ]; then
    target=scan
  else
    printf '%s\0' "$entry" >> "$cell/secrets/$target"
  fi
done
exec "$@" < /dev/null
