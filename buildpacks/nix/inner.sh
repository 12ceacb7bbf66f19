# Inner half of the box: uid 0 and PID 1 of fresh user, mount and pid namespaces. Composes a root file system from the
# stack, puts the layers on /app, runs the commands as uid 1000 and brings what they left into its final shape.
umask 022
source "$NIX_ATTRS_SH_FILE"
loader=$stack$loader
out=${outputs[out]}
# Made anew for each stage by cell.sh in the cell's own mount namespace; see there.
cell=/nix/var/skypanel/cell
top=$NIX_BUILD_TOP
root=$top/root
withNetwork=${__noChroot:-}

# ── a root file system ──
# What is mounted where, in this order: one process does all of it once the folders are there.
at() { printf '%s %s %s %s 0 0\n' "$1" "$root$2" "$3" "$4" >> "$top/fstab"; }
folders=("$root"/{proc,dev,nix/store,usr,etc,var,tmp,home,app,run/skypanel,cache,secrets,root,opt,old} "$top"/{tmp,home,lower})
links=()
for link in bin sbin lib lib64; do [ ! -L "$stack/$link" ] || links+=("usr/$link"); done
at "$root" '' none bind
for folder in usr etc var; do
  lower=
  for layer in "${system_layers[@]}"; do [ ! -d "$layer/$folder" ] || lower+=$layer/$folder:; done
  if [ -z "$lower" ]; then
    at "$stack/$folder" "/$folder" none bind
  else
    at "$folder" "/$folder" overlay "lowerdir=$lower$stack/$folder,userxattr"
  fi
done
if [ -n "$withNetwork" ]; then
  folders+=("$root/dev/shm")
  for node in null zero full random urandom tty; do at "/dev/$node" "/dev/$node" none bind; done
  at shm /dev/shm tmpfs mode=1777
  for path in "$stack" "$out" "${visible[@]}"; do
    folders+=("$root$path")
    at "$path" "$path" none bind
  done
  at "$cell/net/resolv.conf" /etc/resolv.conf none bind
  at "$cell/net/ca.pem" /etc/ssl/certs/ca-certificates.crt none bind
else
  at /dev /dev none rbind
  at /nix/store /nix/store none rbind
fi
at "$top/tmp" /tmp none bind
at "$top/tmp" /var/tmp none bind
at "$top/home" /home none bind
at "$cell/secrets" /secrets none bind
program mkdir -p "${folders[@]}"
[ "${#links[@]}" = 0 ] || program ln -s -t "$root" "${links[@]}"
if [ -n "$withNetwork" ]; then
  for node in null zero full random urandom tty; do : > "$root/dev/$node"; done
  program ln -s /proc/self/fd "$root/dev/fd"
  for pair in 0:stdin 1:stdout 2:stderr; do program ln -s "fd/${pair%%:*}" "$root/dev/${pair#*:}"; done
fi
if [ "$caches" = 1 ]; then
  at "$cell/cache" /cache none rbind
  # The next stage may run as another build user and has to write here as well.
  umask 000
fi

# ── /app ──
copyIn() {
  # What lies there already may be a link: it is replaced, not written through.
  program cp -r --remove-destination --reflink=auto --no-preserve=ownership,timestamps "$1/." "$2/"
  program chmod -R u+w "$2"
}
case $mode in
  plain)
    program rmdir "$out/app"
    at "$out" /app none bind
    ;;
  copy)
    for ((index = ${#layers[@]} - 1; index >= 0; index--)); do copyIn "${layers[index]}/app" "$out/app"; done
    for source in "${sources[@]}"; do copyIn "$source/app" "$out/app"; done
    at "$out/app" /app none bind
    ;;
  pick)
    for path in "${pick[@]}"; do
      for layer in "${layers[@]}"; do
        [ -e "$layer/app/$path" ] || continue
        program mkdir -p "$out/app/$(program dirname "$path")"
        program cp -r --reflink=auto --no-preserve=ownership,timestamps -T "$layer/app/$path" "$out/app/$path"
        break
      done
    done
    exit 0
    ;;
  overlay)
    for source in "${sources[@]}"; do copyIn "$source/app" "$out/app"; done
    lower=$top/lower
    for ((index = ${#layers[@]} - 1; index >= 0; index--)); do
      layer=${layers[index]}/app
      lower=$layer:$lower
      # Store folders belong to root, and no user namespace can write below them: with a folder of ours above each of
      # them new files work. Deep inside of packages nobody makes files, and there are thousands of folders: a build
      # that does so all the same is run again over a copy.
      (cd "$layer" && program find . -mindepth 1 -type d '(' -path '*/node_modules/*/*/*' -o -path '*/site-packages/*/*' \
        -o -path './.sky/cargo/registry/src/*/*' ')' -prune -o -type d -printf '%P\0') >> "$root/run/skypanel/skeleton"
    done
    # A link of the source that stands in the place of such a folder hides it. Nothing is made through it: we are not
    # inside of the new root yet, and it may lead anywhere.
    while IFS= read -r -d '' link; do
      for layer in "${layers[@]}"; do
        [ -d "$layer/app/$link" ] || continue
        program mv "$root/run/skypanel/skeleton" "$root/run/skypanel/whole"
        while IFS= read -r -d '' folder; do
          [ "$folder" = "$link" ] || [ "${folder#"$link/"}" != "$folder" ] || printf '%s\0' "$folder"
        done < "$root/run/skypanel/whole" > "$root/run/skypanel/skeleton"
      done
    done < <(program find "$out/app" -type l -printf '%P\0')
    (cd "$out/app" && program xargs -0 -r "$loader" --library-path "$libraryPath" "$stack/usr/bin/mkdir" -p) < "$root/run/skypanel/skeleton"
    at app /app overlay "lowerdir=$lower,upperdir=$out/app,workdir=$out/.work,userxattr"
    ;;
esac
program mount --all --fstab "$top/fstab"
program mount -t proc proc "$root/proc" 2>/dev/null || program mount --rbind /proc "$root/proc"

# ── what uid 1000 will run ──
{
  for name in "${!environment[@]}"; do printf '%s=%s\0' "$name" "${environment[$name]}"; done
} > "$root/run/skypanel/environment"
{
  echo 'for file in /run/skypanel/network /run/skypanel/environment /secrets/env; do'
  echo '  [ ! -e "$file" ] || while IFS= read -r -d "" pair; do export "$pair"; done < "$file"'
  echo 'done'
  printf 'export PATH=%q\n' "$searchPath"
  echo 'unset file pair; cd /app'
  for index in "${!commands[@]}"; do
    printf 'printf "@sky run %s\\n"\n%s\n' "$index" "${commands[index]}"
  done
} > "$root/run/skypanel/run.sh"
[ -z "$withNetwork" ] || program cp "$cell/net/env" "$root/run/skypanel/network"

cd "$root"
program pivot_root . old
export PATH=/usr/bin:/usr/sbin
cd /
umount -l /old
rmdir /old 2>/dev/null || :
# One more user namespace is opened below, to become uid 1000; a build has no business with further ones.
{ echo 1 > /proc/sys/user/max_user_namespaces; } 2>/dev/null || :

# The same inputs give the same name: for what would otherwise draw one, or take the time. A part of the output's hash
# is no reference to it.
build=${out#/nix/store/}
same=(SKYPANEL_BUILD_ID="${build:0:20}")
# What is fetched has times of its own, and tools compare by them.
[ -n "$withNetwork" ] || same+=(SOURCE_DATE_EPOCH=315532800)
status=0
unshare --user --map-user=1000 --map-group=1000 \
  env -i HOME=/home TMPDIR=/tmp LANG=C.UTF-8 CI=1 SKYPANEL_BUILD=1 "${same[@]}" \
  /bin/bash --noprofile --norc -euo pipefail /run/skypanel/run.sh < /dev/null || status=$?
# What the commands left running must not write any more.
kill -KILL -1 2>/dev/null || :
umask 022
[ "$status" = 0 ] || exit "$status"

# ── no secret may end in the store, which every process of the machine can read ──
if [ -s /secrets/scan ]; then
  declare -A values=()
  while IFS= read -r -d '' pair; do values[${pair%%=*}]=${pair#*=}; done < /secrets/env
  while IFS= read -r -d '' name; do
    wanted() { printf '%s\n' "${values[$name]}" | grep -v -e '^-----' | grep -E '.{12}'; }
    # Names of files and what links lead to are as public as what files hold.
    named=$(find "$out" -printf '%P\n%l\n' | grep -acF -f <(wanted)) || :
    [ "${named:-0}" = 0 ] || { printf '@sky leak %s %s\n' "$name" 'the name of a file or the target of a link'; exit 65; }
    found=$(grep -rlaF -m1 -f <(wanted) -- "$out" 2>/dev/null | head -n 1) || :
    [ -z "$found" ] || { printf '@sky leak %s %s\n' "$name" "${found#"$out/app/"}"; exit 65; }
  done < /secrets/scan
fi

# ── the output ──
if [ "$mode" = overlay ]; then
  # A deletion in a lower layer is a device file or an attribute, and a store path can hold neither. Then the output
  # becomes the whole of /app, and the layers beneath are not needed any more.
  if [ -n "$(find "$out/app" -type c -print -quit)" ] ||
    [ -n "$(find "$out/app" -type d -print0 | xargs -0 getfattr --absolute-names --only-values -n user.overlay.opaque 2>/dev/null)" ]; then
    mkdir "$out/flat"
    cp -a --no-preserve=ownership /app/. "$out/flat/"
    umount -l /app
    chmod -R u+rwX "$out/app"
    rm -rf "$out/app"
    mv "$out/flat" "$out/app"
    : > "$out/complete"
  else
    umount -l /app
    # The folders that stand above those of the layers, where nothing was put into them.
    (cd "$out/app" && sort -ruz /run/skypanel/skeleton | xargs -0 -r rmdir --ignore-fail-on-non-empty 2>/dev/null) || :
  fi
elif [ "$mode" = copy ] && [ "${#layers[@]}" -gt 0 ]; then
  : > "$out/complete"
fi
if [ "$mode" != plain ] && [ "${keep[*]}" != . ]; then
  mv "$out/app" "$out/all"
  mkdir "$out/app"
  for path in "${keep[@]}"; do
    [ -e "$out/all/$path" ] || continue
    kept=$out/app/$path
    [ -d "${kept%/*}" ] || mkdir -p "${kept%/*}"
    mv "$out/all/$path" "$kept"
  done
  chmod -R u+rwX "$out/all"
  rm -rf "$out/all"
fi
