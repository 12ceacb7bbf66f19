# Outer half of the box. Runs as Nix's build user and opens the namespaces in which inner.sh composes a root file
# system. All variables come from the derivation's structured attributes.
umask 022
source "$NIX_ATTRS_SH_FILE"

# There is no root file system yet: programs of the stack are started by the stack's own loader.
loader=$stack$loader
libraryPath=$(IFS=:; echo "${libraries[*]/#/$stack}")
program() {
  local path=$stack/usr/bin/$1
  [ -e "$path" ] || path=$stack/usr/sbin/$1
  shift
  "$loader" --library-path "$libraryPath" "$path" "$@"
}
export -f program
export stack loader libraryPath out=${outputs[out]}

folders=("$out/app")
[ "$mode" != overlay ] || folders+=("$out/.work")
program mkdir -p "${folders[@]}"
status=0
program unshare --user --map-root-user --mount --pid --fork --kill-child \
  "$loader" --library-path "$libraryPath" "$stack/usr/bin/bash" -euo pipefail -c "$inner" || status=$?

if [ "$mode" = overlay ]; then
  # overlayfs leaves a folder without any permission in its work folder.
  program chmod -R u+rwX "$out/.work"
  program rm -rf "$out/.work"
fi
exit "$status"
