# Starts a release as an instance does, in namespaces of its own, and asks it once over HTTP. No driver takes part.
#
# Arguments: stack, layers over it (a:b, or empty), layers of /app (a:b) or `image:UID:FOLDER:BASE` where the stack
# holds an image, folder for what it writes, path to ask for, seconds to wait, argv. stdin: the environment, NAME=VALUE\0 ….
# stdout: a line "@status N", a line "@body", the body.
set -euo pipefail
stack=$1 system=$2 layers=$3 work=$4 path=$5 seconds=$6
shift 6
user=1000 folder=/app
if [ "${layers%%:*}" = image ]; then
  IFS=: read -r _ user folder base <<< "$layers"
  stack=$stack/root${base:+:$base} layers=
fi
environment=()
while IFS= read -r -d '' pair; do environment+=("$pair"); done
mount --make-rprivate /
ip link set lo up
mount -t tmpfs tmp "$work"
mkdir -p "$work"/{root,upper,work,rootupper,rootwork,empty}
mount -t overlay root -o "lowerdir=${system:+$system:}$stack,upperdir=$work/rootupper,workdir=$work/rootwork" "$work/root"
mkdir -p "$work/root"/{app,nix/store,proc,dev,tmp,etc}
if [ -n "$layers" ]; then
  mount -t overlay app -o "lowerdir=$layers:$work/empty,upperdir=$work/upper,workdir=$work/work" "$work/root/app"
  mount --rbind /nix/store "$work/root/nix/store"
fi
mount -t proc proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
mount -t tmpfs -o mode=1777 tmp "$work/root/tmp"
# An instance may write where its app lies, but not into what the store holds.
chown "$user:$user" "$work/root$folder"
chmod u+w "$work/root$folder"
cd /
# An image may have no env: it is this machine's that sets the variables.
(
  exec env -i HOME=/tmp PORT=8080 LANG=C.UTF-8 "${environment[@]}" \
    /usr/sbin/chroot --userspec="$user:$user" "$work/root" "$@"
) 2>&1 < /dev/null | tail -n 40 > "$work/log" &
for ((tick = 0; tick < seconds * 4; tick++)); do
  if status=$(curl -s -o "$work/body" -w '%{http_code}' --max-time 20 "http://127.0.0.1:8080$path") && [ "$status" != 000 ]; then
    printf '@status %s\n@body\n' "$status"
    cat "$work/body"
    exit 0
  fi
  jobs -r | grep -q . || break
  sleep 0.25
done
echo "The app did not answer. Its last words:" >&2
kill %1 2>/dev/null || :
sleep 0.3
cat "$work/log" >&2
exit 1
