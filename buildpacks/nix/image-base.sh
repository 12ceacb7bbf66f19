# Inside of the box: /in/base.tar, with tools over it, becomes the one image of a storage of its own.
export CONTAINERS_STORAGE_CONF=/in/storage.conf CONTAINERS_REGISTRIES_CONF=/in/registries.conf CONTAINERS_CONF=/in/containers.conf
container=$(buildah from scratch)
tree=$(buildah mount "$container")
tar -C "$tree" --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' -xpf /in/base.tar
chmod -R u+w "$tree/etc" "$tree/usr" "$tree/var"
while IFS=$'\t' read -r from to; do
  [ -n "$from" ] || continue
  mkdir -p "$tree$to"
  cp -r --no-preserve=ownership,timestamps "$from/." "$tree$to/"
  chmod -R u+w "$tree$to"
done < /in/tools
[ ! -s /in/user ] || {
  IFS=: read -r name uid < /in/user
  printf '%s:x:%s:\n' "$name" "$uid" >> "$tree/etc/group"
  printf '%s:x:%s:%s::/home/%s:/bin/bash\n' "$name" "$uid" "$uid" "$name" >> "$tree/etc/passwd"
  mkdir -p "$tree/home/$name"
  chown "$uid:$uid" "$tree/home/$name"
}
# This system is the image's own: who installs packages of a language into it breaks nobody else's.
rm -f "$tree"/usr/lib/python3*/EXTERNALLY-MANAGED
chmod 1777 "$tree/tmp" "$tree/var/tmp"
mapfile -d '' -t config < /in/config
buildah config "${config[@]}" "$container"
buildah commit --quiet --format docker --signature-policy /in/policy.json "$container" "$(cat /in/name)" > /dev/null
buildah rm "$container" > /dev/null
