# Inside of the box, as uid 0 of its user namespace: buildah builds the Dockerfile, then the image becomes a plain tree.
exec >&2
export CONTAINERS_STORAGE_CONF=/in/storage.conf CONTAINERS_REGISTRIES_CONF=/in/registries.conf CONTAINERS_CONF=/in/containers.conf
export BUILDAH_ISOLATION=chroot SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
mapfile -d '' -t arguments < /in/arguments
# Builds of one app share its storage; what an earlier one left there when it was ended goes.
exec 9> /storage/lock
flock 9
buildah rm --all > /dev/null 2>&1 || :
policy=(--signature-policy /in/policy.json)
buildah build --layers --format docker --pull=missing --retry 1 --iidfile /out/iid "${policy[@]}" \
  --file /in/Dockerfile "${arguments[@]}" /in/context
image=$(cat /out/iid)
buildah inspect --type image "$image" > /out/config.json
container=$(buildah from --pull=never "${policy[@]}" "$image")
tree=$(buildah mount "$container")
user=$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$image")
workdir=$(buildah inspect --type image --format '{{.OCIv1.Config.WorkingDir}}' "$image")

# ── who it runs as ──
name=${user%%:*} group=
[ "$user" = "$name" ] || group=${user#*:}
field() { awk -F: -v key="$2" -v column="$3" '$1 == key || $3 == key { print $column; exit }' "$tree/etc/$1" 2>/dev/null || :; }
uid=$name
[[ $name =~ ^[0-9]+$ ]] || uid=$(field passwd "$name" 3)
if [ -z "$name" ]; then uid=0; fi
if [ -z "$uid" ]; then
  echo "USER $user: there is no user of that name in the image. Make it by RUN useradd, or name a number." >&2
  exit 1
fi
gid=$(field passwd "$uid" 4)
[ -z "$group" ] || gid=$group
[[ $gid =~ ^[0-9]*$ ]] || gid=$(field group "$gid" 3)
home=$(field passwd "$uid" 6)
asked=$uid
# Instances never run as root.
if [ "$uid" = 0 ]; then uid=1000 gid=1000 home=${workdir:-/}; fi
gid=${gid:-$uid}

# ── what of it is the app's own ──
# Layers as buildah has mounted them, the uppermost first; those of a base of ours come last, and releases share them.
lower=$(awk -v place="$tree" '$5 == place { print $NF }' /proc/self/mountinfo | tail -n 1 | tr , '\n' | sed -n 's/^lowerdir=//p')
own= base= beneath=
while IFS= read -r -d : layer; do
  case $layer in
    /bases/*) base=${layer#/bases/} base=${base%%/*} beneath=$layer; break ;;
    /*) own+=$layer: ;;
    *) own+=/storage/graph/overlay/$layer: ;;
  esac
done <<< "$lower:"
: > /out/whiteouts
mkdir /tmp/empty /tmp/own
from=$tree
if [ -n "$base" ]; then
  # What the app has removed of the base: a store path cannot hold an overlay's mark of it, so it is listed.
  gone() { [ -e "$beneath/$1" ] || [ -L "$beneath/$1" ] || return 1; [ ! -e "$tree/$1" ] && [ ! -L "$tree/$1" ]; }
  IFS=: read -ra layers <<< "$own"
  for layer in "${layers[@]}"; do
    while IFS= read -r -d '' path; do ! gone "$path" || printf '%s\0' "$path"; done < <(cd "$layer" && find . -type c -printf '%P\0')
    while IFS= read -r -d '' path; do
      [ -d "$beneath/$path" ] || continue
      above=
      while IFS= read -r -d '' below; do
        # What lies in a folder that is gone is gone with it.
        [ -z "$above" ] || [ "${below#"$above/"}" = "$below" ] || continue
        ! gone "$path/$below" || { printf '%s\0' "$path/$below"; above=$below; }
      done < <(cd "$beneath/$path" && find . -mindepth 1 -printf '%P\0')
    done < <(cd "$layer" && getfattr -R -P --absolute-names -n user.overlay.opaque . 2>/dev/null | sed -n 's/^# file: \.\/\{0,1\}//p' | tr '\n' '\0')
  done | sort -zu > /out/whiteouts
  # Too many to make one by one at a start: then the release holds the whole image.
  if [ "$(tr -cd '\0' < /out/whiteouts | wc -c)" -le 300 ] && mount -t overlay -o "ro,userxattr,lowerdir=$own/tmp/empty" own /tmp/own; then
    from=/tmp/own
  else
    : > /out/whiteouts
    base=
  fi
fi
printf '%s' "$base" > /out/base

# ── the tree: what a store path can hold, and what an instance needs to find ──
mkdir /out/root
# Without the base the kernel shows names of what was removed of it, and there is nothing behind them (status 1).
{
  tar -C "$from" --warning=no-file-removed --one-file-system --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
    --exclude='./run/*' -cf - . || [ $? = 1 ]
} | tar -C /out/root -xpf -
cd /out/root
find . -xdev '(' -type b -o -type c -o -type p -o -type s ')' -delete
for folder in usr etc proc sys dev run tmp var/tmp nix/store; do
  [ -d "$tree/$folder" ] || { rm -f "$folder"; mkdir -p "$folder"; }
done
mkdir -p etc
rm -rf etc/passwd
[ -L "$tree/etc/passwd" ] || [ ! -f "$tree/etc/passwd" ] || cp "$tree/etc/passwd" etc/passwd
printf 'skypanel:x:%s:%s::%s:/bin/sh\n' "$uid" "$gid" "${home:-/}" >> etc/passwd
printf '%s\n' "$uid" "$gid" "${home:-/}" "$asked" > /out/user
# Whose folders these are: a store path does not know.
packages='-name node_modules -o -name site-packages -o -name .git'
cd "$tree"
find . -mindepth 1 -xdev -type d '(' ! -uid 0 -o ! -gid 0 ')' -printf '%U %G %P\0' '(' $packages ')' -prune > /out/owners
if [ "$asked" = 0 ] && [ -d ".$workdir" ] && [ -n "${workdir#/}" ]; then
  find ".${workdir%/}" -xdev -type d -printf "$uid $gid %p\0" '(' $packages ')' -prune | sed -z 's# \./# #' >> /out/owners
fi
cd /out/root

# ── no secret may end in the store ──
if [ -s /secrets/scan ]; then
  while IFS= read -r -d '' name; do
    [ -e "/secrets/values/$name" ] || continue
    wanted() { grep -v -e '^-----' "/secrets/values/$name" | grep -E '.{12}'; }
    named=$(find . /out/config.json -printf '%P\n%l\n' | grep -acF -f <(wanted)) || :
    [ "${named:-0}" = 0 ] || { printf '@sky leak %s %s\n' "$name" 'the name of a file or the target of a link'; exit 65; }
    found=$(grep -rlaF -m1 -f <(wanted) -- . /out/config.json 2>/dev/null | head -n 1) || :
    [ -z "$found" ] || { printf '@sky leak %s %s\n' "$name" "${found#./}"; exit 65; }
  done < /secrets/scan
fi
chmod -R u+rwX .
[ "$from" = "$tree" ] || umount /tmp/own
buildah rm "$container" > /dev/null
